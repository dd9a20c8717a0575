// @ts-check
// How long the last frames took: what the page itself spent on each, and the time from one to the next, which tells what the
// browser did with it.

/** So many frames are remembered: ten seconds of them on most screens. */
const FRAMES_MAX = 600;

/**
 * Milliseconds on average, and those that half, 95 % and 99 % of the frames stayed below.
 * @typedef {{mean: number, p50: number, p95: number, p99: number}} Times
 */

/** The last frames. */
export class FrameTimes {
  constructor() {
    /** @type {{fromMs: number, spentMs: number}[]} oldest first */
    this.frames = [];
  }

  /**
   * @param {number} fromMs when the page began with the frame
   * @param {number} toMs when it was done
   */
  note(fromMs, toMs) {
    this.frames.push({ fromMs, spentMs: toMs - fromMs });
    if (this.frames.length > FRAMES_MAX) this.frames.shift();
  }

  /** Forgets them. */
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
  const below = (/** @type {number} */ part) => sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)] ?? 0;
  const mean = sorted.reduce((sum, ms) => sum + ms, 0) / Math.max(sorted.length, 1);
  return { mean, p50: below(0.5), p95: below(0.95), p99: below(0.99) };
}
