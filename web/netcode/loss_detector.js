// @ts-check
/**
 * Detects packet loss on a connection that retransmits, such as a WebSocket. Reads no clock.
 *
 * TCP delivers in order: while a lost packet is retransmitted, the ticks behind it wait, and then arrive together. If a
 * page does not run for some time, ticks arrive in the same way. The caller therefore polls at short intervals, and ticks
 * that are late because the page did not run do not count.
 */

/** Minimum time by which a late tick exceeds the interval between ticks. Faster retransmissions do not disturb the game. */
const LATE_MS_MIN = 50;
/** Time for which a late tick counts. */
const WINDOW_MS = 10_000;
/** Number of late ticks in `WINDOW_MS` from which on the line counts as lossy. */
const LATE_TICKS_MIN = 3;

/** Counts the ticks that are late because of retransmissions. */
export class LossDetector {
  /** @type {number | null} */
  #arrivedAt = null;
  /** @type {number | null} */
  #polledAt = null;
  /** Longest time between two polls since the last tick. */
  #unpolledMs = 0;
  /** Whether the last tick arrived after a gap. It counts as late if the next one follows at once. */
  #isAfterGap = false;
  /** Arrival times of late ticks. @type {number[]} */
  #lateAt = [];

  /** Records that the page runs. Call it every frame. @param {number} now */
  handlePoll(now) {
    this.#unpolledMs = Math.max(this.#unpolledMs, now - (this.#polledAt ?? now));
    this.#polledAt = now;
  }

  /** Records the arrival of a tick. @param {number} now @param {number} tickMs interval between ticks */
  handleTick(now, tickMs) {
    this.handlePoll(now);
    const intervalMs = now - (this.#arrivedAt ?? now);
    if (this.#isAfterGap && intervalMs < tickMs / 2) {
      this.#lateAt.push(now);
    }
    this.#isAfterGap = intervalMs >= tickMs + LATE_MS_MIN && this.#unpolledMs < intervalMs / 2;
    this.#arrivedAt = now;
    this.#unpolledMs = 0;
  }

  /** @param {number} now @returns {number} the number of late ticks in the last seconds */
  lateTicks(now) {
    this.#lateAt = this.#lateAt.filter((at) => now - at <= WINDOW_MS);
    return this.#lateAt.length;
  }

  /** @param {number} now @returns {boolean} whether the line loses packets */
  isLossy(now) {
    return this.lateTicks(now) >= LATE_TICKS_MIN;
  }

  /** @param {number} now @returns {number} time since the last tick; 0 if the page did not always run */
  silentMs(now) {
    const silentMs = now - (this.#arrivedAt ?? now);
    return this.#unpolledMs < silentMs / 4 ? silentMs : 0;
  }

  /** Forgets all late ticks. */
  reset() {
    this.#lateAt = [];
    this.#isAfterGap = false;
    this.#arrivedAt = null;
  }
}
