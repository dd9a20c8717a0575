// @ts-check
/** Round-trip time measurement with pings. Reads no clock: callers pass times in milliseconds. */

/** Interval between pings. It is shorter for the first pings, to collect samples for the lead quickly. */
const INTERVAL_MS = 1000;
const FIRST_INTERVAL_MS = 250;
const FIRST_PINGS = 8;
/** Maximum number of unanswered pings. Beyond this number, the oldest ping counts as lost. */
const PENDING_MAX = 8;
/** Gain of the exponential moving average of round-trip times. */
const GAIN = 0.2;

/** Schedules pings and measures their round-trip time. */
export class RoundTripTimer {
  /** @type {Map<number, number>} send times of unanswered pings */
  #sentAt = new Map();
  #number = 0;
  #newestAt = -Infinity;

  constructor() {
    /** @type {number | null} */
    this.firstMs = null;
    /** @type {number | null} */
    this.smoothedMs = null;
  }

  /** @param {number} now @returns {number | null} the number of the ping to send now; `null` if no ping is due */
  pollPing(now) {
    const intervalMs = this.#number < FIRST_PINGS ? FIRST_INTERVAL_MS : INTERVAL_MS;
    if (now - this.#newestAt < intervalMs) {
      return null;
    }
    this.#newestAt = now;
    this.#number = (this.#number + 1) >>> 0;
    this.#sentAt.delete(this.#number - PENDING_MAX);
    this.#sentAt.set(this.#number, now);
    return this.#number;
  }

  /** @param {number} number @param {number} now @returns {number | null} the round-trip time; `null` for an unknown ping */
  handlePong(number, now) {
    const sentAt = this.#sentAt.get(number);
    if (sentAt === undefined) {
      return null;
    }
    this.#sentAt.delete(number);
    const rttMs = now - sentAt;
    this.smoothedMs = this.smoothedMs === null ? rttMs : this.smoothedMs + (rttMs - this.smoothedMs) * GAIN;
    this.firstMs ??= rttMs;
    return rttMs;
  }
}
