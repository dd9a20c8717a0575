// @ts-check
/**
 * Draws the past smoothly: a few ticks back, between two ticks that are both known.
 *
 * See Glenn Fiedler, "Snapshot Interpolation". What is not known in time is computed by the kernel, which is what the
 * thing does if nothing interferes, so that a stall shows as coasting.
 */

import { drawBetween } from './drawable.js';
import { cloneEntities } from './entity.js';
import { coastAll } from './world.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').Applied} Applied
 * @typedef {import('./replica.js').Replica} Replica
 * @typedef {(clock: TickClock) => number} Delay how many ticks back to draw, asked at every sample
 */

/** How many past ticks are kept: what a delay can reach back. */
const KEPT_TICKS_MAX = 32;
/** How many ticks are computed beyond the newest; then the picture stands still. */
const EXTRAPOLATED_TICKS_MAX = 3;
/** How many reached ticks wait for someone to take them. */
const DUE_MAX = 1024;

/** @type {Delay} */
const TWO_TICKS = () => 2;

/** The last few ticks, and a picture of any moment among them. */
export class Interpolation {
  #clock;
  #delay;
  /** One after the other, by ticks counted on. @type {{tick: number, entities: Map<number, Entity>}[]} */
  #kept = [];
  /** What follows the newest, as far as it was needed. @type {Map<number, Entity>[]} */
  #extrapolated = [];
  /** @type {{tick: number, applied: Applied}[]} */
  #waiting = [];
  #rules;

  /**
   * @param {import('./rules.js').Rules} rules
   * @param {TickClock} clock which is told of every tick before this is
   * @param {Delay} [delay]
   */
  constructor(rules, clock, delay = TWO_TICKS) {
    this.#rules = rules;
    this.#clock = clock;
    this.#delay = delay;
  }

  /** @returns {number} how many ticks back it draws now */
  get delayTicks() {
    return this.#delay(this.#clock);
  }

  /** Keeps the replica's newest tick. @param {Replica} replica @param {Applied} applied what it brought */
  push(replica, applied) {
    const tick = this.#clock.newest;
    if (applied.reset) {
      this.#kept = [];
      this.#waiting.forEach((waiting) => (waiting.tick = -Infinity));
    }
    this.#kept.push({ tick, entities: cloneEntities(replica.entities) });
    this.#extrapolated = [];
    if (this.#kept.length > KEPT_TICKS_MAX) {
      this.#kept.shift();
    }
    this.#waiting.push({ tick, applied });
    if (this.#waiting.length > DUE_MAX) {
      this.#waiting.shift();
    }
  }

  /** @param {number} now @returns {number} the tick that is drawn, with its fraction */
  tickAt(now) {
    return this.#clock.tickAt(now) - this.delayTicks;
  }

  /**
   * How many known ticks lie ahead of the one that is drawn; negative while it extrapolates.
   * @param {number} now
   * @returns {number}
   */
  bufferedTicks(now) {
    return this.#clock.newest - this.tickAt(now);
  }

  /** @param {number} now @returns {Map<number, Drawable>} everything, as it was a little earlier */
  sample(now) {
    const [first, last] = [this.#kept[0], this.#kept[this.#kept.length - 1]];
    if (first === undefined) {
      return new Map();
    }
    const at = Math.min(Math.max(this.tickAt(now), first.tick), last.tick + EXTRAPOLATED_TICKS_MAX);
    const tick = Math.min(Math.floor(at), last.tick + EXTRAPOLATED_TICKS_MAX - 1);
    return drawBetween(this.#entitiesAt(tick), this.#entitiesAt(tick + 1), at - tick, this.#rules.tickRate);
  }

  /**
   * What happened up to the tick that is drawn, and was not taken before.
   * @param {number} now
   * @returns {Applied[]}
   */
  takeDue(now) {
    const at = this.tickAt(now);
    const due = this.#waiting.filter(({ tick }) => tick <= at);
    this.#waiting = this.#waiting.filter(({ tick }) => tick > at);
    return due.map(({ applied }) => applied);
  }

  /** @param {number} tick not before the first that is kept @returns {Map<number, Entity>} */
  #entitiesAt(tick) {
    const { tick: newest, entities } = this.#kept[this.#kept.length - 1];
    if (tick <= newest) {
      return this.#kept[this.#kept.length - 1 - (newest - tick)].entities;
    }
    const ahead = tick - newest;
    while (this.#extrapolated.length < ahead) {
      const next = cloneEntities(this.#extrapolated[this.#extrapolated.length - 1] ?? entities);
      coastAll(this.#rules, next);
      this.#extrapolated.push(next);
    }
    return this.#extrapolated[ahead - 1];
  }
}
