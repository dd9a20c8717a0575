// @ts-check
// Adapts the quality of the picture to the machine: if it draws too few frames per second, the quality is lowered step by step.
//
// The frame rate cannot show how much time is left, because the browser draws at most one frame per refresh of the screen. To
// find out whether a higher quality is possible, it is tried after a time without slow frames. Failed trials become rarer.

/**
 * @typedef {object} QualityLevel
 * @property {number} resolution of the canvas, as a fraction of the full resolution
 * @property {number} effects number of particles and of stars, as a fraction of the full number
 */

/** The levels, best first. Below a resolution of 0.75, names and thin lines would be blurred. @type {readonly QualityLevel[]} */
export const QUALITY_LEVELS = Object.freeze([
  { resolution: 1, effects: 1 },
  { resolution: 1, effects: 0.5 },
  { resolution: 0.87, effects: 0.5 },
  { resolution: 0.75, effects: 0.35 },
]);

/** Time over which the frame rate is measured. It contains several dozen frames, so that single slow frames have no effect. */
const WINDOW_MS = 1000;
/** Below this rate, in frames per second, a window is slow. The usual rate of screens is 60. */
const SLOW_RATE = 55;
/** Number of slow windows in a row after which the quality is lowered. */
const SLOW_WINDOWS = 2;
/** Number of windows in a row that are not slow, after which a higher quality is tried: at first, and at most. */
const PATIENCE_MIN = 10;
const PATIENCE_MAX = 160;
/** A trial has failed if the quality is lowered again within this number of windows. */
const TRIAL_WINDOWS = 8;
/**
 * If even the lowest quality is too slow, the level with the highest rate is kept for `REST_WINDOWS`. A level is preferred to a
 * lower one unless the lower one has a rate that is higher by this factor. On a screen with 50 Hz, this is full quality. If the
 * browser draws without a GPU, a lower resolution can even take more time, because the browser has to scale the picture.
 */
const GAIN_MIN = 1.08;
const REST_WINDOWS = 600;
/** A longer interval between two frames is a pause, for example because the tab was hidden. The measurement starts again. */
const PAUSE_MS = 400;

/** Selects a level from the times of the frames. */
export class Quality {
  #level = 0;
  #windowFromMs = -Infinity;
  #lastMs = -Infinity;
  #frames = 0;
  /** Numbers of windows in a row that were slow, and that were not. */
  #slow = 0;
  #steady = 0;
  #patience = PATIENCE_MIN;
  /** Number of windows since the last attempt to raise the quality. */
  #sinceTrial = Infinity;
  /** The last slow rate at each level. */
  #rates = QUALITY_LEVELS.map(() => 0);
  #rest = 0;

  /** The level, as an index into `QUALITY_LEVELS`. */
  get level() {
    return this.#level;
  }

  /**
   * Records that a frame begins, and returns the level at which to draw it.
   * @param {number} nowMs
   */
  handleFrame(nowMs) {
    if (nowMs - this.#lastMs > PAUSE_MS) this.#startWindow(nowMs);
    else this.#frames += 1;
    this.#lastMs = nowMs;
    const elapsedMs = nowMs - this.#windowFromMs;
    if (elapsedMs >= WINDOW_MS) {
      this.#handleRate((this.#frames * 1000) / elapsedMs);
      this.#startWindow(nowMs);
    }
    return this.#level;
  }

  /** @param {number} nowMs */
  #startWindow(nowMs) {
    this.#windowFromMs = nowMs;
    this.#frames = 0;
  }

  /** @param {number} rate in frames per second */
  #handleRate(rate) {
    this.#sinceTrial += 1;
    if (this.#rest > 0) {
      this.#rest -= 1;
      return;
    }
    const isSlow = rate < SLOW_RATE;
    this.#slow = isSlow ? this.#slow + 1 : 0;
    this.#steady = isSlow ? 0 : this.#steady + 1;
    if (this.#slow >= SLOW_WINDOWS) this.#lower(rate);
    else if (this.#steady >= this.#patience && this.#level > 0) this.#raise();
  }

  /** @param {number} rate */
  #lower(rate) {
    this.#slow = 0;
    this.#rates[this.#level] = rate;
    if (this.#level < QUALITY_LEVELS.length - 1) {
      const hasFailed = this.#sinceTrial <= TRIAL_WINDOWS;
      this.#patience = hasFailed ? Math.min(this.#patience * 2, PATIENCE_MAX) : PATIENCE_MIN;
      this.#level += 1;
    } else {
      const highest = Math.max(...this.#rates);
      this.#level = this.#rates.findIndex((known) => known * GAIN_MIN >= highest);
      this.#rest = REST_WINDOWS;
    }
  }

  #raise() {
    this.#steady = 0;
    this.#sinceTrial = 0;
    this.#level -= 1;
  }
}
