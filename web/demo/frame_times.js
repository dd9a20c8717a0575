// @ts-check
// Records frame times: the time spent in the page's code per frame, and the interval between frames.

/** Number of frames kept: ten seconds at 60 Hz. */
const FRAMES_MAX = 600;

/**
 * Mean and percentiles of durations, in milliseconds.
 * @typedef {{mean: number, p50: number, p95: number, p99: number}} Times
 */

/** Times of the most recent frames. */
export class FrameTimes {
  constructor() {
    /** @type {{fromMs: number, spentMs: number}[]} oldest first */
    this.frames = [];
  }

  /**
   * @param {number} fromMs start of the page's work on the frame
   * @param {number} toMs end of that work
   */
  record(fromMs, toMs) {
    this.frames.push({ fromMs, spentMs: toMs - fromMs });
    if (this.frames.length > FRAMES_MAX) this.frames.shift();
  }

  /** Drops all recorded frames. */
  clear() {
    this.frames = [];
  }

  /** @returns {{count: number, spentMs: Times, intervalMs: Times}} */
  summary() {
    const { frames } = this;
    const intervals = frames.slice(1).map(({ fromMs }, index) => fromMs - frames[index].fromMs);
    return { count: frames.length, spentMs: times(frames.map(({ spentMs }) => spentMs)), intervalMs: times(intervals) };
  }
}

/**
 * @param {number[]} all
 * @returns {Times}
 */
function times(all) {
  const sorted = all.toSorted((a, b) => a - b);
  const quantile = (/** @type {number} */ q) => sorted[Math.min(Math.floor(sorted.length * q), sorted.length - 1)] ?? 0;
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / Math.max(sorted.length, 1);
  return { mean, p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}
