// @ts-check
/**
 * The lead: the number of ticks by which the client's tick is ahead of the arriving ticks, so that inputs arrive in time.
 *
 * ```text
 *   ticks ──▶       arriving now        an input sent now is for this tick
 *   ───────────────────┬──────────────────────────┬────────
 *                      └───────── lead ───────────┘
 * ```
 *
 * The client's tick follows a local clock, so prediction continues while no snapshots arrive. From the server's report on
 * an input, the client computes the lead that the input needed. This result does not depend on the lead with which the
 * input was sent. The lead therefore does not influence its own estimate, and cannot oscillate.
 *
 * In a room with pace on demand, an input takes effect in the next tick, so the lead is always one tick.
 */

import { SlewLimiter } from './slew_limiter.js';
import { MeanDeviation } from './mean_deviation.js';
import { Tick, clamp } from './units.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./codec.js').InputReport} InputReport
 */

/** Initial estimate of the required lead: mean and mean deviation, in ticks. */
const REQUIRED_INITIAL = 2;
const DEVIATION_INITIAL = 0.5;
/** After this many reports, round-trip times are ignored, because reports are more precise. */
const REPORTS_SUFFICIENT = 8;
/** Samples are limited to this many ticks above the target. Larger samples come from stalls, for which no lead suffices. */
const EXCESS_TICKS_MAX = 2;
/** Number of stamps that reports can distinguish: a report contains only the low byte of a stamp. */
const STAMPS_DISTINCT = 256;
/** Maximum reserve for jitter, in seconds. A larger reserve would noticeably delay what other players see. */
const RESERVE_S_MAX = 0.2;
/** Maximum time for which the client's tick advances while no snapshots arrive, in seconds. */
const STALL_S_MAX = 2;

/** Estimates the lead, and stamps inputs. */
export class Lead {
  #clock;
  #required = new MeanDeviation(REQUIRED_INITIAL, DEVIATION_INITIAL);
  #slew;
  #reports = 0;
  #roundTrips = 0;
  /** Inputs without a report so far, and the lead with which each was sent. @type {{stamp: number, lead: number}[]} */
  #sent = [];
  /** The stamp of the last input sent. @type {number | null} */
  #newestStamp = null;

  /** @param {TickClock} clock */
  constructor(clock) {
    this.#clock = clock;
    this.#slew = new SlewLimiter(clock.tickRate);
  }

  /** @returns {boolean} whether the room has pace on demand */
  get isOnDemand() {
    return this.#clock.pace === 'onDemand';
  }

  /** @returns {number} the target lead in ticks: at least one tick, at most one second */
  get target() {
    const { tickRate } = this.#clock;
    if (this.isOnDemand) {
      return 1;
    }
    const reserve = Math.min(this.#required.upperBound - this.#required.mean, RESERVE_S_MAX * tickRate);
    return clamp(this.#required.mean + reserve, 1, tickRate);
  }

  /** @param {number} now @returns {number} the current lead in ticks, slewed towards the target */
  ticksAt(now) {
    return this.#slew.follow(this.target, now);
  }

  /**
   * Returns the client's fractional tick, unwrapped. In a room with pace on demand, the client's tick is the newest tick.
   * While the client has an input that the server has not reported, it is the tick after the newest one, because the input
   * causes that tick.
   * @param {number} now @returns {number}
   */
  tickAt(now) {
    const { newest, tickRate } = this.#clock;
    if (this.isOnDemand) {
      return newest + (this.#sent.length > 0 ? 1 : 0);
    }
    return Math.min(this.#clock.tickAt(now), newest + tickRate * STALL_S_MAX) + this.ticksAt(now);
  }

  /** @param {number} now @returns {number} the stamp of an input sent now: the client's next tick. Never decreases */
  stampAt(now) {
    const tick = this.isOnDemand ? this.#clock.newest : this.tickAt(now);
    const next = (Math.floor(tick) + 1) >>> 0;
    return this.#newestStamp !== null && Tick.isNewerThan(this.#newestStamp, next) ? this.#newestStamp : next;
  }

  /** Records that an input was sent. @param {number} stamp @param {number} now */
  recordInput(stamp, now) {
    this.#newestStamp = stamp;
    const { newest } = this.#clock;
    this.#sent = this.#sent.filter((sent) => Tick.since(stamp, sent.stamp) < STAMPS_DISTINCT);
    this.#sent.push({ stamp, lead: Tick.since(stamp, newest >>> 0) + newest - this.#clock.tickAt(now) });
  }

  /** Updates the estimate from a round-trip time, until there are enough reports. @param {number} roundTripMs */
  handleRoundTrip(roundTripMs) {
    const ticks = (roundTripMs * this.#clock.tickRate) / 1000;
    if (this.#roundTrips === 0 && this.#reports === 0) {
      this.#required = new MeanDeviation(ticks, DEVIATION_INITIAL);
      this.#slew.reset();
    } else if (this.#reports < REPORTS_SUFFICIENT) {
      this.#addSample(ticks);
    }
    this.#roundTrips += 1;
  }

  /** Updates the estimate from the server's report on an input. @param {InputReport} report */
  handleReport({ stamp, margin }) {
    const at = this.#sent.findLastIndex((sent) => (sent.stamp & 0xff) === stamp);
    if (at < 0) {
      return;
    }
    this.#reports += 1;
    this.#addSample(this.#sent[at].lead - margin);
    this.#sent.splice(0, at + 1);
  }

  /** @param {number} required the lead that an input needed, in ticks */
  #addSample(required) {
    this.#required.add(Math.min(required, this.target + EXCESS_TICKS_MAX));
  }
}
