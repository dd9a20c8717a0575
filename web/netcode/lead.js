// @ts-check
/**
 * The client's own tick: ahead of the server by so much that inputs arrive just in time.
 *
 * ```text
 *   ticks ──▶       arriving now        an input sent now is for this tick
 *   ───────────────────┬──────────────────────────┬────────
 *                      └───────── lead ───────────┘
 * ```
 *
 * It runs by a clock of its own, so that one can fly on while nothing arrives. Every report of the server says how much
 * lead one input would have needed, whatever lead it had: so this is no control loop that could overshoot, but an estimate.
 */

import { Slew } from './slew.js';
import { Spread } from './spread.js';
import { Tick, clamp } from './units.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./codec.js').InputReport} InputReport
 */

/** What is believed of the way until anything is known of it, in ticks. */
const NEED_AT_FIRST = 2;
const DEVIATION_AT_FIRST = 0.5;
/** From so many reports on, round trips tell nothing that the reports do not tell better. */
const REPORTS_ENOUGH = 8;
/** What is needed beyond this many ticks more than expected is a stall, which no lead can make good. */
const SURPRISE_TICKS_MAX = 2;
/** Reports tell only the low byte of a stamp. */
const STAMPS_TOLD_APART = 256;
/** The most lead that is held in reserve for what scatters, in seconds: beyond that one would play in another time. */
const RESERVE_S_MAX = 0.2;
/** How long one's own tick runs on while nothing arrives. */
const STALL_S_MAX = 2;

/** How far ahead of what arrives one's own tick is. */
export class Lead {
  #clock;
  #need = new Spread(NEED_AT_FIRST, DEVIATION_AT_FIRST);
  #slew;
  #reports = 0;
  #roundTrips = 0;
  /** With how much lead the inputs that the server has not told of were stamped. @type {{stamp: number, lead: number}[]} */
  #sent = [];
  /** @type {number | null} */
  #stamped = null;

  /** @param {TickClock} clock */
  constructor(clock) {
    this.#clock = clock;
    this.#slew = new Slew(clock.tickRate);
  }

  /** @returns {number} how many ticks of lead are wanted; it is never more than a second */
  get wanted() {
    const { tickRate } = this.#clock;
    const reserve = Math.min(this.#need.high - this.#need.mean, RESERVE_S_MAX * tickRate);
    return clamp(this.#need.mean + reserve, 1, tickRate);
  }

  /** @param {number} now @returns {number} how many ticks of lead there are */
  ticksAt(now) {
    return this.#slew.follow(this.wanted, now);
  }

  /** @param {number} now @returns {number} one's own tick with its fraction, counted on beyond 2³² */
  tickAt(now) {
    const { newest, tickRate } = this.#clock;
    return Math.min(this.#clock.tickAt(now), newest + tickRate * STALL_S_MAX) + this.ticksAt(now);
  }

  /** @param {number} now @returns {number} the tick to stamp an input with: the next one. Stamps never go back */
  stampAt(now) {
    const next = (Math.floor(this.tickAt(now)) + 1) >>> 0;
    return this.#stamped !== null && Tick.isNewerThan(this.#stamped, next) ? this.#stamped : next;
  }

  /** Notes that an input was sent. @param {number} stamp @param {number} now */
  note(stamp, now) {
    this.#stamped = stamp;
    const { newest } = this.#clock;
    this.#sent = this.#sent.filter((sent) => Tick.since(stamp, sent.stamp) < STAMPS_TOLD_APART);
    this.#sent.push({ stamp, lead: Tick.since(stamp, newest >>> 0) + newest - this.#clock.tickAt(now) });
  }

  /** Learns how long it takes there and back, until there are reports. @param {number} roundTripMs */
  learnRoundTrip(roundTripMs) {
    const ticks = (roundTripMs * this.#clock.tickRate) / 1000;
    if (this.#roundTrips === 0 && this.#reports === 0) {
      this.#need = new Spread(ticks, DEVIATION_AT_FIRST);
      this.#slew.forget();
    } else if (this.#reports < REPORTS_ENOUGH) {
      this.#learn(ticks);
    }
    this.#roundTrips += 1;
  }

  /** Learns from what the server said of an input. @param {InputReport} report */
  learn({ stamp, margin }) {
    const at = this.#sent.findLastIndex((sent) => (sent.stamp & 0xff) === stamp);
    if (at < 0) {
      return;
    }
    this.#reports += 1;
    this.#learn(this.#sent[at].lead - margin);
    this.#sent.splice(0, at + 1);
  }

  /** @param {number} need how many ticks of lead an input needed */
  #learn(need) {
    this.#need.learn(Math.min(need, this.wanted + SURPRISE_TICKS_MAX));
  }
}
