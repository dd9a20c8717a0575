// @ts-check
// How far and which way a stick is pushed, turned into controls: a little aims, all the way thrusts.

/** Angles are sent in steps of this many 1024ths of a turn, so that a trembling hand sends nothing. */
const AIM_STEPS = 4;
/** Sticks do not rest exactly in their middle. */
const AIMS_FROM = 0.25;
const THRUSTS_FROM = 0.75;

/** Where a stick is: from −1 to 1 each way, x to the right, y down. @typedef {{x: number, y: number}} Deflection */

/**
 * The way from here to there, in 1024ths of a turn.
 * @param {number} dx
 * @param {number} dy
 */
export function aimAlong(dx, dy) {
  const turns = Math.atan2(dy, dx) / (2 * Math.PI);
  return (Math.round((turns * 1024) / AIM_STEPS) * AIM_STEPS + 1024) % 1024;
}

/** @param {Deflection} stick @returns {number | null} where it points, unless it rests */
export function aimOf({ x, y }) {
  return Math.hypot(x, y) < AIMS_FROM ? null : aimAlong(x, y);
}

/** @param {Deflection} stick */
export function isPushed({ x, y }) {
  return Math.hypot(x, y) >= THRUSTS_FROM;
}

/**
 * What two sticks hold: the first flies, the second aims while it is not at rest.
 * @param {Deflection} flying
 * @param {Deflection} aiming
 * @returns {Pick<import('../input.js').Held, 'steering' | 'aim' | 'thrust'>}
 */
export function heldBy(flying, aiming) {
  const aim = aimOf(aiming) ?? aimOf(flying);
  return { steering: aim === null ? 'ahead' : 'towards', aim: aim ?? 0, thrust: isPushed(flying) };
}
