// @ts-check
/** Detects lost connections. Reads no clock: callers pass times in milliseconds. */

/** Timeout from opening the socket to the first snapshot. */
const OPENING_MS_MAX = 10_000;
/** Maximum time between arrivals. After this time, the connection counts as lost, even if the socket is still open. */
const GAP_MS_MAX = 5_000;

/** The time since the last arrival. */
export class Liveness {
  /** Time of the last arrival. Before the first snapshot, the time when the socket was opened. */
  #arrivedAt = 0;

  /** Records that the socket was opened, or that something arrived. @param {number} now */
  handleArrival(now) {
    this.#arrivedAt = now;
  }

  /** @param {number} now @returns {number} time since the last arrival */
  silentMs(now) {
    return now - this.#arrivedAt;
  }

  /** @param {import('./connection_options.js').ConnectionState} state @param {number} now @returns {boolean} */
  isLost(state, now) {
    const isOpening = state === 'connecting' || state === 'joining';
    return (isOpening || state === 'playing') && now - this.#arrivedAt > (isOpening ? OPENING_MS_MAX : GAP_MS_MAX);
  }
}
