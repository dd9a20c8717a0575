// @ts-check
/**
 * Units of the deterministic simulation. They are integers, so that results are identical on all machines. Mirrors the Rust
 * module `units`.
 *
 * @typedef {number} TickNumber a tick, from 0 to 2³² − 1
 * @typedef {number} AngleSteps a direction in 1024ths of a turn, from 0 to 1023: 0 points along +x, 256 along +y (down)
 * @typedef {number} PlayerId identifies a seat in a room
 * @typedef {number} EntityId identifies an entity in the world
 */

import { ONE, sin } from './sine.js';

/** The number of a simulation step. It wraps at 2³², so ticks can be compared only if they are less than 2³¹ apart. */
export const Tick = Object.freeze({
  /** @param {TickNumber} tick @returns {TickNumber} the following tick */
  next: (tick) => (tick + 1) >>> 0,

  /**
   * @param {TickNumber} tick
   * @param {number} ticks
   * @returns {TickNumber} the tick `ticks` later, or earlier if `ticks` is negative
   */
  plus: (tick, ticks) => (tick + ticks) >>> 0,

  /** @param {TickNumber} tick @param {TickNumber} other @returns {number} the number of ticks from `other` to `tick` */
  since: (tick, other) => (tick - other) | 0,

  /** @param {TickNumber} tick @param {TickNumber} other @returns {boolean} whether `tick` is after `other` */
  isNewerThan: (tick, other) => ((tick - other) | 0) > 0,
});

const TURN = 1024;

/** A direction in 1024ths of a turn. */
export const Angle = Object.freeze({
  /** Steps per full turn. */
  TURN,

  /** @param {number} steps any integer @returns {AngleSteps} */
  of: (steps) => steps & (TURN - 1),

  /** @param {number} radians @returns {AngleSteps} the nearest angle */
  fromRadians: (radians) => Math.round((radians * TURN) / (2 * Math.PI)) & (TURN - 1),

  /** @param {number} steps @returns {number} radians, as used by the canvas */
  toRadians: (steps) => (steps * 2 * Math.PI) / TURN,

  /** @param {AngleSteps} from @param {AngleSteps} to @returns {number} the shorter rotation, −512 to 511 steps */
  stepsTo: (from, to) => ((to - from + TURN / 2) & (TURN - 1)) - TURN / 2,

  /**
   * Turns `from` towards `to` by at most `stepsMax`.
   * @param {AngleSteps} from @param {AngleSteps} to @param {number} stepsMax @returns {AngleSteps}
   */
  turnedTowards: (from, to, stepsMax) => Angle.of(from + clamp(Angle.stepsTo(from, to), -stepsMax, stepsMax)),

  /** @param {AngleSteps} angle @returns {number} the cosine times 16384 */
  cos: (angle) => sin(angle + TURN / 4),

  /** @param {AngleSteps} angle @returns {number} the sine times 16384 */
  sin: (angle) => sin(angle),
});

/** A coordinate, in 64ths of a world unit. */
export const Position = Object.freeze({
  /** Steps per world unit. */
  UNIT: 64,

  /**
   * The coordinate one tick later.
   * @param {number} at @param {number} velocity @param {number} tickRate @returns {number}
   */
  moved: (at, velocity, tickRate) => at + divideRounded(velocity * (Position.UNIT / Velocity.UNIT), tickRate),
});

/** A velocity along one axis, in 16ths of a world unit per second. */
export const Velocity = Object.freeze({
  /** Steps per world unit per second. */
  UNIT: 16,

  /** @param {AngleSteps} angle @param {number} speed @returns {number} the x component of the velocity */
  towardsX: (angle, speed) => divideRounded(speed * Angle.cos(angle), ONE),

  /** @param {AngleSteps} angle @param {number} speed @returns {number} the y component of the velocity */
  towardsY: (angle, speed) => divideRounded(speed * Angle.sin(angle), ONE),
});

/**
 * The quotient, rounded to the nearest integer; halves are rounded up. The divisor must be positive.
 * @param {number} dividend @param {number} divisor @returns {number}
 */
export function divideRounded(dividend, divisor) {
  return Math.floor((2 * dividend + divisor) / (2 * divisor));
}

/** @param {number} value @param {number} low @param {number} high @returns {number} */
export function clamp(value, low, high) {
  return Math.max(low, Math.min(high, value));
}
