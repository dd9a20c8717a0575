// @ts-check
/** Interpolates entities between two ticks, in fractional world units. */

import { BULLET_SPEED } from './motion.js';
import { Angle, Position, Velocity } from './units.js';

/**
 * @typedef {import('./entity.js').Entity} Entity
 *
 * @typedef {object} Drawable
 * @property {number} id
 * @property {string} kind of the entity, or ''
 * @property {number} x @property {number} y in world units
 * @property {number} heading in radians; 0 for rocks and orbs
 * @property {any} entity a value of the game's entity type: the state at the last tick before the drawn time, but with the
 *   controls of the next tick. Read-only
 */

/**
 * Maximum motion of an entity in one tick, as a multiple of a bullet's motion. If the position changes by more than this,
 * the entity has respawned or its id was reused. Then it is not interpolated.
 */
const MOTION_STEPS_MAX = 2;

/**
 * Interpolates between two ticks. Entities that exist only at the later tick are left out. Those that exist only at the
 * earlier tick are extrapolated.
 * @param {Map<number, Entity>} before
 * @param {Map<number, Entity>} after
 * @param {number} fraction the time to draw: 0 at the earlier tick, 1 at the later tick
 * @param {number} tickRate
 * @returns {Map<number, Drawable>}
 */
export function interpolateEntities(before, after, fraction, tickRate) {
  const reach = (MOTION_STEPS_MAX * BULLET_SPEED * (Position.UNIT / Velocity.UNIT)) / tickRate;
  /** @type {Map<number, Drawable>} */
  const drawn = new Map();
  for (const [id, entity] of before) {
    const next = after.get(id);
    const continues = next !== undefined && isSame(entity, next, reach);
    const step = continues ? stepTo(entity, next) : extrapolatedStep(entity, tickRate);
    drawn.set(id, drawableAt(id, continues ? withNextControls(entity, next) : entity, step, fraction));
  }
  return drawn;
}

/**
 * @typedef {{x: number, y: number, turn: number}} Step the motion of an entity in one tick
 */

/** @param {Entity} entity @param {Entity} next @param {number} reach @returns {boolean} whether they are the same entity */
function isSame(entity, next, reach) {
  return entity.kind === next.kind && Math.abs(next.x - entity.x) <= reach && Math.abs(next.y - entity.y) <= reach;
}

/**
 * The entity with its controls at the later tick, so that thrust becomes visible without a tick of delay.
 * @param {Entity} entity @param {Entity} next @returns {Entity}
 */
function withNextControls(entity, next) {
  const hasNewControls = entity.kind === 'ship' && next.kind === 'ship' && entity.controls !== next.controls;
  return hasNewControls ? { ...entity, controls: next.controls } : entity;
}

/** @param {Entity} entity @param {Entity} next @returns {Step} */
function stepTo(entity, next) {
  return { x: next.x - entity.x, y: next.y - entity.y, turn: Angle.stepsTo(headingOf(entity), headingOf(next)) };
}

/** @param {Entity} entity @param {number} tickRate @returns {Step} */
function extrapolatedStep(entity, tickRate) {
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
function drawableAt(id, entity, step, fraction) {
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
