// @ts-check
/** Estimates which tick arrives at a given time. Reads no clock: callers pass times in milliseconds. */

import { Tick, clamp } from './units.js';

/** Fraction of the clock's error that is corrected per tick: small, because the error of a single tick is mostly jitter. */
const GAIN = 0.1;
/** Maximum correction per tick, in ticks. It is so small that players do not see the clock run faster or slower. */
const SLEW_MAX = 0.1;
/**
 * Maximum error, in ticks, that the clock corrects gradually. If a tick arrives too early by more than this, the clock is
 * set to that tick at once. If ticks arrive too late by more than this, the clock is set only after `LATE_MS_MAX`.
 */
const ERROR_TICKS_MAX = 10;
/**
 * Time for which ticks must be late by more than `ERROR_TICKS_MAX` before the clock is set to the newest tick. After a
 * stall, the late ticks arrive in a burst. The burst is shorter than this time, so the clock ignores it.
 */
const LATE_MS_MAX = 500;
/** Maximum error that counts as jitter. A larger error comes from a stall. No jitter buffer is large enough for a stall. */
const JITTER_MS_MAX = 200;
/** Maximum time between two ticks of a room with pace on demand. */
export const IDLE_INTERVAL_MS = 1000;
/** Ticks count as arriving together if at most this time is between them. Only the first of them is a jitter sample. */
const TOGETHER_MS_MAX = 1;

/**
 * A clock that is slewed towards the arrival times of ticks.
 *
 * In a room with pace on demand, ticks take different times, so the clock stays at the newest tick.
 *
 * Its ticks are unwrapped: they continue beyond 2³² − 1, so they can be subtracted and compared as numbers. `>>> 0` wraps
 * them again.
 */
export class TickClock {
  #tickMs;
  /**
   * `at`: arrival time of the last tick. `tick`: the clock's tick at that time. `correction`: number of ticks to add to the
   * clock, spread over the duration of the next tick.
   * @type {{tick: number, at: number, correction: number} | null}
   */
  #anchor = null;
  /** The newest tick, unwrapped. */
  #newest = 0;
  /**
   * Time since which all ticks were late by more than `ERROR_TICKS_MAX`. `null` if the last tick was not that late.
   * @type {number | null}
   */
  #lateSince = null;
  #jitter = 0;
  #arrivedAt = -Infinity;

  /** @param {number} tickRate @param {import('./codec.js').Pace} [pace] */
  constructor(tickRate, pace = 'steady') {
    this.tickRate = tickRate;
    this.pace = pace;
    this.#tickMs = 1000 / tickRate;
  }

  /** @returns {number} the jitter, in ticks: the smoothed mean deviation of ticks from their expected arrival times */
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
    if (this.pace === 'onDemand') {
      this.#anchor = { tick: this.#newest, at, correction: 0 };
      return;
    }
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

  /** @param {number} now @returns {number} the tick expected to arrive at `now`: fractional and unwrapped */
  tickAt(now) {
    if (this.#anchor === null || this.pace === 'onDemand') {
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
