// @ts-check
/** Delays between reconnection attempts. */

/**
 * The ranges of the random delays, by the time since the connection was lost. A restarted server listens again within
 * seconds, so clients retry often at first. In a longer outage, a few more seconds matter less to the players, and frequent
 * retries of many clients would burden the server.
 * @type {readonly {untilMs: number, delayMsMin: number, delayMsMax: number}[]}
 */
const PHASES = Object.freeze([
  { untilMs: 10_000, delayMsMin: 250, delayMsMax: 750 },
  { untilMs: 60_000, delayMsMin: 2_000, delayMsMax: 4_000 },
  { untilMs: Infinity, delayMsMin: 15_000, delayMsMax: 30_000 },
]);

/**
 * Computes the delays. They are random, so that the clients of a failed server do not all reconnect at the same time. The
 * delays grow with the duration of the outage.
 */
export class Backoff {
  #random;
  #attempts = 0;
  /** Time of the first call of `nextDelayMs` since the last `reset`. */
  #startedAt = 0;

  /** @param {() => number} random returns uniformly distributed numbers in [0, 1) */
  constructor(random) {
    this.#random = random;
  }

  /** @returns {number} the number of delays returned since the last `reset` */
  get attempts() {
    return this.#attempts;
  }

  /** @param {number} now @returns {number} the delay before the next attempt, in milliseconds */
  nextDelayMs(now) {
    if (this.#attempts === 0) {
      this.#startedAt = now;
    }
    this.#attempts += 1;
    const elapsedMs = now - this.#startedAt;
    const { delayMsMin, delayMsMax } = PHASES.find(({ untilMs }) => elapsedMs < untilMs) ?? PHASES[0];
    return delayMsMin + this.#random() * (delayMsMax - delayMsMin);
  }

  /** Returns to the shortest delays. Call it after a successful attempt. */
  reset() {
    this.#attempts = 0;
  }
}
