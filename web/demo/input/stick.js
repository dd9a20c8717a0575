// @ts-check
// Converts the deflection of analog sticks to controls: a small deflection steers, a large one thrusts as well.

/** Quantization of the aim, in 1024ths of a turn, so that a trembling hand does not change the aim. */
const AIM_STEPS = 4;
/** Maximum deflection that is ignored, because sticks do not rest exactly in their center. */
const DEAD_ZONE = 0.25;
/** Minimum deflection for thrust. */
const THRUST_MIN = 0.75;

/** Deflection from −1 to 1 per axis: x to the right, y down. @typedef {{x: number, y: number}} Deflection */

/**
 * The direction of a vector in 1024ths of a turn, quantized.
 * @param {number} dx
 * @param {number} dy
 */
export function angleSteps(dx, dy) {
  const turns = Math.atan2(dy, dx) / (2 * Math.PI);
  return (Math.round((turns * 1024) / AIM_STEPS) * AIM_STEPS + 1024) % 1024;
}

/** @param {Deflection} stick @returns {number | null} its direction; `null` within the dead zone */
export function directionOf({ x, y }) {
  return Math.hypot(x, y) < DEAD_ZONE ? null : angleSteps(x, y);
}

/** @param {Deflection} stick */
export function isThrusting({ x, y }) {
  return Math.hypot(x, y) >= THRUST_MIN;
}

/**
 * The controls of two sticks. The ship turns to where the aim stick points. While the aim stick is centered, the ship turns to
 * where the steering stick points. Only the steering stick thrusts.
 * @param {Deflection} steeringStick
 * @param {Deflection} aimStick
 * @returns {Pick<import('../../netcode/index.js').ControlsValue, 'steering' | 'aim' | 'thrust'>}
 */
export function controlsFromSticks(steeringStick, aimStick) {
  const aim = directionOf(aimStick) ?? directionOf(steeringStick);
  return { steering: aim === null ? 'ahead' : 'towards', aim: aim ?? 0, thrust: isThrusting(steeringStick) };
}
