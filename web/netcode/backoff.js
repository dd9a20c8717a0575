// @ts-check
/** How long to wait before trying again. */

/** The longest first wait; it doubles with every attempt, up to the longest of all. */
const FIRST_MS_MAX = 500;
const WAIT_MS_MAX = 30_000;

/**
 * Exponential backoff with full jitter: whoever lost the same server comes back spread out, not all at once.
 *
 * See Marc Brooker, "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015).
 */
export class Backoff {
  #random;
  #attempts = 0;

  /** @param {() => number} random from 0 up to 1 */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} how often it was waited since things went well */
  get attempts() {
    return this.#attempts;
  }

  /** @returns {number} how long to wait now, in milliseconds */
  next() {
    const most = Math.min(FIRST_MS_MAX * 2 ** this.#attempts, WAIT_MS_MAX);
    this.#attempts += 1;
    return this.#random() * most;
  }

  /** Things went well. */
  reset() {
    this.#attempts = 0;
  }
}
