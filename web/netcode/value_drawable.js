// @ts-check
/** Interpolates entities of any game between two ticks. */

/**
 * @typedef {import('./drawable.js').Drawable} Drawable
 *
 * @typedef {{x: number, y: number}} Place in world units
 *
 * @typedef {object} Placement what of an entity is interpolated. Everything else changes from tick to tick
 * @property {(entity: any) => Place | null} position
 * @property {(entity: any) => number | null} heading in radians
 * @property {number} teleportSpeed in world units per second. An entity that moves faster is not interpolated
 */

/** By default, the fields `position` and `heading` of an entity are interpolated. @type {Placement} */
export const DEFAULT_PLACEMENT = Object.freeze({
  position: (/** @type {any} */ entity) => (isPlace(entity?.position) ? entity.position : isPlace(entity) ? entity : null),
  heading: (/** @type {any} */ entity) => (typeof entity?.heading === 'number' ? entity.heading : null),
  teleportSpeed: 3000,
});

const ORIGIN = Object.freeze({ x: 0, y: 0 });

/**
 * @param {Placement} placement
 * @returns {typeof import('./drawable.js').interpolateEntities}
 */
export function interpolatorOf(placement) {
  return (before, after, fraction, tickRate) => {
    /** @type {Map<number, Drawable>} */
    const drawn = new Map();
    for (const [id, entity] of before) {
      drawn.set(id, drawableAt(placement, id, entity, after.get(id) ?? entity, fraction, tickRate));
    }
    return drawn;
  };
}

/**
 * @param {Placement} placement
 * @returns {(predicted: any, actual: any) => number} distance between two states of an entity, in world units
 */
export function errorOf({ position }) {
  return (predicted, actual) => {
    const [from, to] = [predicted, actual].map((entity) => (entity === undefined ? null : position(entity)));
    return from === null || to === null ? 0 : Math.hypot(to.x - from.x, to.y - from.y);
  };
}

/**
 * @param {Placement} placement
 * @param {number} id
 * @param {any} entity
 * @param {any} next the entity at the next tick
 * @param {number} fraction
 * @param {number} tickRate
 * @returns {Drawable}
 */
function drawableAt({ position, heading, teleportSpeed }, id, entity, next, fraction, tickRate) {
  const from = position(entity) ?? ORIGIN;
  const to = position(next) ?? from;
  const [angle, nextAngle] = [heading(entity) ?? 0, heading(next) ?? 0];
  const isOther = entity.kind !== next.kind || Math.hypot(to.x - from.x, to.y - from.y) * tickRate > teleportSpeed;
  const share = isOther ? 0 : fraction;
  return {
    id,
    kind: entity.kind ?? '',
    x: from.x + (to.x - from.x) * share,
    y: from.y + (to.y - from.y) * share,
    heading: angle + turn(angle, nextAngle) * share,
    entity,
  };
}

/** @param {number} from @param {number} to @returns {number} the turn in the shorter direction, in radians */
function turn(from, to) {
  const difference = to - from;
  return difference - Math.round(difference / (2 * Math.PI)) * 2 * Math.PI;
}

/** @param {any} value @returns {boolean} */
function isPlace(value) {
  return typeof value?.x === 'number' && typeof value.y === 'number';
}
