// @ts-check
/** Estimate of the server's tick between snapshots. Reads no clock: callers pass times in milliseconds. */

import { Tick, clamp } from './units.js';

/** Share of the error that is corrected within a tick: a single early or late tick is jitter, a lasting error is drift. */
const GAIN = 0.1;
/** Largest correction per tick, in ticks: time never runs visibly faster or slower. */
const SLEW_MAX = 0.1;
/** A larger error, in ticks, is not jitter: the clock restarts at the tick that arrived. */
const ERROR_TICKS_MAX = 10;
/** Ticks are also this late in the burst after a stall; the clock restarts only if they stay late for longer than this. */
const LATE_MS_MAX = 500;
/** Delays beyond this are stalls, which no jitter buffer can cover; they are not counted as jitter. */
const JITTER_MS_MAX = 200;
/** Ticks that arrive closer together than this count as one arrival. */
const TOGETHER_MS_MAX = 1;

/**
 * A clock that is slewed towards the arrival times of ticks.
 *
 * Its ticks are unwrapped: they count on beyond 2³², so that they can be compared; `>>> 0` turns them back into ticks.
 */
export class TickClock {
  #tickMs;
  /** The last correction of the clock. @type {{tick: number, at: number, correction: number} | null} */
  #anchor = null;
  /** The newest tick, unwrapped. */
  #newest = 0;
  /** Start of the current run of ticks that are later than `ERROR_TICKS_MAX`. @type {number | null} */
  #lateSince = null;
  #jitter = 0;
  #arrivedAt = -Infinity;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.tickRate = tickRate;
    this.#tickMs = 1000 / tickRate;
  }

  /** @returns {number} the smoothed mean deviation of arrival times, in ticks */
  get jitterTicks() {
    return this.#jitter;
  }

  /** @returns {number} the newest tick that arrived, unwrapped */
  get newest() {
    return this.#newest;
  }

  /**
   * Records the arrival of a tick.
   * @param {number} tick
   * @param {number} at arrival time
   */
  handleTick(tick, at) {
    this.#newest = this.#anchor === null ? tick : this.#newest + Tick.since(tick, this.#newest >>> 0);
    const expected = this.tickAt(at);
    const error = this.#newest - expected;
    this.#updateJitter(error, at);
    this.#lateSince = error < -ERROR_TICKS_MAX ? (this.#lateSince ?? at) : null;
    const isOutOfSync = this.#lateSince !== null && at - this.#lateSince > LATE_MS_MAX;
    if (this.#anchor === null || error > ERROR_TICKS_MAX || isOutOfSync) {
      this.#anchor = { tick: this.#newest, at, correction: 0 };
      this.#lateSince = null;
      return;
    }
    this.#anchor = { tick: expected, at, correction: clamp(error * GAIN, -SLEW_MAX, SLEW_MAX) };
  }

  /** @param {number} now @returns {number} the fractional tick that is expected to arrive at `now`, unwrapped */
  tickAt(now) {
    if (this.#anchor === null) {
      return this.#newest;
    }
    const elapsed = Math.max(now - this.#anchor.at, 0) / this.#tickMs;
    return this.#anchor.tick + elapsed + Math.min(elapsed, 1) * this.#anchor.correction;
  }

  /** Updates the jitter estimate. @param {number} error in ticks @param {number} at arrival time */
  #updateJitter(error, at) {
    const isAlone = at - this.#arrivedAt > TOGETHER_MS_MAX;
    this.#arrivedAt = at;
    if (isAlone && Math.abs(error) * this.#tickMs <= JITTER_MS_MAX) {
      this.#jitter += (Math.abs(error) - this.#jitter) * GAIN;
    }
  }
}
