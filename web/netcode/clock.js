// @ts-check
/** Which tick it is between two snapshots, smoothly. It reads no clock: times in milliseconds are given to it. */

import { Tick, clamp } from './units.js';

/** How much of an error is taken back within a tick: what arrives early or late once is jitter, what stays so is drift. */
const GAIN = 0.1;
/** The most of a tick that is taken back within a tick: time never runs visibly faster or slower. */
const SLEW_MAX = 0.1;
/** An error of more ticks than this is no jitter: start anew. */
const ERROR_TICKS_MAX = 10;
/** Ticks that late come after a stall, too, and all at once; only where they go on to be late, start anew. */
const LATE_MS_MAX = 500;
/** What is later than this comes after a stall, which no buffer can be large enough for: that is no jitter. */
const JITTER_MS_MAX = 200;
/** Ticks that arrive together are one arrival. */
const TOGETHER_MS_MAX = 1;

/**
 * A smooth line through the arrivals of ticks.
 *
 * Its ticks are counted on beyond 2³² instead of wrapping, so that they can be compared; `>>> 0` makes them ticks again.
 */
export class TickClock {
  #tickMs;
  /** Where the line was last bent. @type {{tick: number, at: number, correction: number} | null} */
  #anchor = null;
  /** The newest tick, counted on. */
  #newest = 0;
  /** Since when ticks have been far too late. @type {number | null} */
  #lateSince = null;
  #jitter = 0;
  #arrivedAt = -Infinity;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.tickRate = tickRate;
    this.#tickMs = 1000 / tickRate;
  }

  /** @returns {number} how far arrivals are from even, in ticks, smoothed */
  get jitterTicks() {
    return this.#jitter;
  }

  /** @returns {number} the newest tick that arrived, counted on beyond 2³² */
  get newest() {
    return this.#newest;
  }

  /**
   * Learns that a tick arrived.
   * @param {number} tick
   * @param {number} at when
   */
  learn(tick, at) {
    this.#newest = this.#anchor === null ? tick : this.#newest + Tick.since(tick, this.#newest >>> 0);
    const expected = this.tickAt(at);
    const error = this.#newest - expected;
    this.#measure(error, at);
    this.#lateSince = error < -ERROR_TICKS_MAX ? (this.#lateSince ?? at) : null;
    const isLost = this.#lateSince !== null && at - this.#lateSince > LATE_MS_MAX;
    if (this.#anchor === null || error > ERROR_TICKS_MAX || isLost) {
      this.#anchor = { tick: this.#newest, at, correction: 0 };
      this.#lateSince = null;
      return;
    }
    this.#anchor = { tick: expected, at, correction: clamp(error * GAIN, -SLEW_MAX, SLEW_MAX) };
  }

  /** @param {number} now @returns {number} the tick that arrives now, with its fraction */
  tickAt(now) {
    if (this.#anchor === null) {
      return this.#newest;
    }
    const elapsed = Math.max(now - this.#anchor.at, 0) / this.#tickMs;
    return this.#anchor.tick + elapsed + Math.min(elapsed, 1) * this.#anchor.correction;
  }

  /** Learns how uneven arrivals are. @param {number} error in ticks @param {number} at */
  #measure(error, at) {
    const isAlone = at - this.#arrivedAt > TOGETHER_MS_MAX;
    this.#arrivedAt = at;
    if (isAlone && Math.abs(error) * this.#tickMs <= JITTER_MS_MAX) {
      this.#jitter += (Math.abs(error) - this.#jitter) * GAIN;
    }
  }
}
