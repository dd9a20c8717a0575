// @ts-check
/** Delays between reconnection attempts. */

/** Upper bound of the first delay. The bound doubles with every attempt, up to `DELAY_MS_MAX`. */
const FIRST_MS_MAX = 500;
const DELAY_MS_MAX = 30_000;

/**
 * Exponential backoff with full jitter, so that the clients of a failed server do not all reconnect at the same time.
 *
 * See Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export class Backoff {
  #random;
  #attempts = 0;

  /** @param {() => number} random returns uniformly distributed numbers in [0, 1) */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} the number of delays returned since the last `reset` */
  get attempts() {
    return this.#attempts;
  }

  /** @returns {number} the delay before the next attempt, in milliseconds */
  nextDelayMs() {
    const delayMsMax = Math.min(FIRST_MS_MAX * 2 ** this.#attempts, DELAY_MS_MAX);
    this.#attempts += 1;
    return this.#random() * delayMsMax;
  }

  /** Starts over with the first delay. To be called after a successful attempt. */
  reset() {
    this.#attempts = 0;
  }
}
