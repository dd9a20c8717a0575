// @ts-check
/** A thing as it is drawn: between two ticks, in world units with fractions. */

import { BULLET_SPEED } from './motion.js';
import { Angle, Position, Velocity } from './units.js';

/**
 * @typedef {import('./entity.js').Entity} Entity
 *
 * @typedef {object} Drawable
 * @property {number} id
 * @property {Entity['kind']} kind
 * @property {number} x @property {number} y in world units
 * @property {number} heading in radians; 0 for rocks and orbs
 * @property {Entity} entity all of its state at the tick before, with the controls of the tick that it is on its way to;
 *   not to be changed
 */

/** A step of more than this many of the longest steps there are is no motion but a jump: a respawn, or an id used anew. */
const STEPS_MAX = 2;

/**
 * The things between two ticks. What is born by the later tick is not there yet; what is gone by it flies on until then.
 * @param {Map<number, Entity>} before
 * @param {Map<number, Entity>} after
 * @param {number} fraction how far between, from 0 to 1
 * @param {number} tickRate
 * @returns {Map<number, Drawable>}
 */
export function drawBetween(before, after, fraction, tickRate) {
  const reach = (STEPS_MAX * BULLET_SPEED * (Position.UNIT / Velocity.UNIT)) / tickRate;
  /** @type {Map<number, Drawable>} */
  const drawn = new Map();
  for (const [id, entity] of before) {
    const next = after.get(id);
    const goesOn = next !== undefined && isSame(entity, next, reach);
    const moved = goesOn ? stepTo(entity, next) : stepAlone(entity, tickRate);
    drawn.set(id, drawMoved(id, goesOn ? steered(entity, next) : entity, moved, fraction));
  }
  return drawn;
}

/**
 * @typedef {{x: number, y: number, turn: number}} Step how far a thing goes in a tick
 */

/** @param {Entity} entity @param {Entity} next @param {number} reach @returns {boolean} whether it is the same, moved */
function isSame(entity, next, reach) {
  return entity.kind === next.kind && Math.abs(next.x - entity.x) <= reach && Math.abs(next.y - entity.y) <= reach;
}

/**
 * A ship as it is steered on its way, so that nobody waits a tick for its flame.
 * @param {Entity} entity @param {Entity} next @returns {Entity}
 */
function steered(entity, next) {
  const isOther = entity.kind === 'ship' && next.kind === 'ship' && entity.controls !== next.controls;
  return isOther ? { ...entity, controls: next.controls } : entity;
}

/** @param {Entity} entity @param {Entity} next @returns {Step} */
function stepTo(entity, next) {
  return { x: next.x - entity.x, y: next.y - entity.y, turn: Angle.stepsTo(headingOf(entity), headingOf(next)) };
}

/** @param {Entity} entity @param {number} tickRate @returns {Step} */
function stepAlone(entity, tickRate) {
  const scale = Position.UNIT / Velocity.UNIT / tickRate;
  switch (entity.kind) {
    case 'bullet': {
      const heading = Angle.toRadians(entity.heading);
      return { x: Math.cos(heading) * BULLET_SPEED * scale, y: Math.sin(heading) * BULLET_SPEED * scale, turn: 0 };
    }
    case 'orb':
      return { x: 0, y: 0, turn: 0 };
    default:
      return { x: entity.vx * scale, y: entity.vy * scale, turn: 0 };
  }
}

/** @param {number} id @param {Entity} entity @param {Step} step @param {number} fraction @returns {Drawable} */
function drawMoved(id, entity, step, fraction) {
  return {
    id,
    kind: entity.kind,
    x: (entity.x + step.x * fraction) / Position.UNIT,
    y: (entity.y + step.y * fraction) / Position.UNIT,
    heading: Angle.toRadians(headingOf(entity) + step.turn * fraction),
    entity,
  };
}

/** @param {Entity} entity @returns {number} */
function headingOf(entity) {
  return entity.kind === 'ship' || entity.kind === 'bullet' ? entity.heading : 0;
}
