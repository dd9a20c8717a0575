// @ts-check
/** Slew-rate limiter for the lead and the interpolation delay. Reads no clock: callers pass times in milliseconds. */

import { clamp } from './units.js';

/** Maximum rate of change, in ticks per tick. It is so low that players do not see time run faster or slower. */
const RATE = 0.1;
/** Maximum distance to the target, in ticks. Beyond it, the value jumps to the target: slewing would take seconds. */
const SLEW_TICKS_MAX = 10;

/** A number of ticks that follows a target at a limited rate. */
export class SlewLimiter {
  #perMs;
  /** @type {{ticks: number, at: number} | null} */
  #last = null;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.#perMs = (RATE * tickRate) / 1000;
  }

  /** Makes the next `follow` jump to its target. */
  reset() {
    this.#last = null;
  }

  /**
   * @param {number} target
   * @param {number} now
   * @returns {number} the value at `now`
   */
  follow(target, now) {
    const last = this.#last;
    const mustJump = last === null || Math.abs(target - last.ticks) > SLEW_TICKS_MAX;
    const reach = last === null ? 0 : Math.max(now - last.at, 0) * this.#perMs;
    const ticks = mustJump ? target : clamp(target, last.ticks - reach, last.ticks + reach);
    this.#last = { ticks, at: Math.max(now, last?.at ?? now) };
    return ticks;
  }
}
