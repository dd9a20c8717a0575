// @ts-check
// Loss of datagrams in the last few seconds.

/** Length of the window. */
const WINDOW_MS = 5000;

/** @typedef {import('../../netcode/index.js').DatagramCounts} DatagramCounts */

/** A sliding window of counts. */
export class LineLoss {
  constructor() {
    /** @type {{atMs: number, counts: DatagramCounts}[]} the oldest first */
    this.samples = [];
  }

  /**
   * Adds a sample.
   * @param {DatagramCounts | null} counts `null` if no datagrams are used
   * @param {number} nowMs
   */
  add(counts, nowMs) {
    const last = this.samples.at(-1);
    // Other counts come from another socket.
    if (counts === null || (last && counts.ticks < last.counts.ticks)) this.samples = [];
    if (counts !== null) this.samples.push({ atMs: nowMs, counts: { ...counts } });
    this.samples = this.samples.filter(({ atMs }) => nowMs - atMs <= WINDOW_MS);
  }

  /** @returns {number | null} lost datagrams in per cent; `null` if there are no samples */
  get percent() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    if (!first || !last) return null;
    const ticks = last.counts.ticks - first.counts.ticks;
    const lost = ticks - (last.counts.datagrams - first.counts.datagrams);
    return ticks > 0 ? Math.max((lost / ticks) * 100, 0) : 0;
  }
}
