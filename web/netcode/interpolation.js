// @ts-check
/**
 * Draws the past smoothly: a little back, between two ticks that are both known. How far back follows from how unevenly
 * ticks arrive.
 *
 * See Glenn Fiedler, "Snapshot Interpolation". What is not known in time is computed by the kernel, which is what the thing
 * does if nothing interferes, so that a stall shows as coasting. Where that was not what the thing did, it glides there.
 */

import { drawBetween } from './drawable.js';
import { cloneEntities } from './entity.js';
import { Offsets } from './offsets.js';
import { Slew } from './slew.js';
import { coastAll } from './world.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').Applied} Applied
 * @typedef {import('./replica.js').Replica} Replica
 */

/** How many past ticks are kept: what a delay can reach back. */
const KEPT_TICKS_MAX = 32;
/** How many ticks back is drawn: from one, so that both its ends are known, to half of what is kept. */
const DELAY_TICKS_MIN = 1;
const DELAY_TICKS_MAX = KEPT_TICKS_MAX / 2;
/** So many times the mean jitter hardly any tick is late. */
const JITTERS = 3;
/** How long a stall is carried through by coasting; then the picture stands still. */
const COASTED_S_MAX = 1;
/** How many reached ticks wait for someone to take them. */
const DUE_MAX = 1024;

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
  #offsets = new Offsets();
  #rules;

  /**
   * @param {import('./rules.js').Rules} rules
   * @param {TickClock} clock which is told of every tick before this is
   */
  constructor(rules, clock) {
    this.#rules = rules;
    this.#clock = clock;
    this.#delay = new Slew(clock.tickRate);
  }

  /** @param {number} now @returns {number} how many ticks back it draws */
  delayTicksAt(now) {
    const wanted = DELAY_TICKS_MIN + JITTERS * this.#clock.jitterTicks;
    return this.#delay.follow(Math.min(wanted, DELAY_TICKS_MAX), now);
  }

  /**
   * Keeps the replica's newest tick.
   * @param {Replica} replica
   * @param {Applied} applied what it brought
   * @param {number} now
   */
  push(replica, applied, now) {
    const drawn = this.#isCoasting(now) || applied.reset ? this.#draw(now) : null;
    this.#keep(replica, applied);
    if (drawn !== null) {
      this.#offsets.absorb(drawn, this.#draw(now), now);
    }
  }

  /** @param {Replica} replica @param {Applied} applied */
  #keep(replica, applied) {
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
    return this.#clock.tickAt(now) - this.delayTicksAt(now);
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
    const drawn = this.#draw(now);
    this.#offsets.apply(drawn, now);
    return drawn;
  }

  /** @returns {Map<number, Drawable>} everything at the newest tick, as it came: what one would see without this */
  newest() {
    const last = this.#kept[this.#kept.length - 1];
    return last === undefined ? new Map() : drawBetween(last.entities, last.entities, 0, this.#rules.tickRate);
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

  /** @param {number} now @returns {boolean} whether what is drawn is not known yet */
  #isCoasting(now) {
    const last = this.#kept[this.#kept.length - 1];
    return last !== undefined && this.tickAt(now) > last.tick;
  }

  /** @param {number} now @returns {Map<number, Drawable>} where things are as far as is known */
  #draw(now) {
    const [first, last] = [this.#kept[0], this.#kept[this.#kept.length - 1]];
    if (first === undefined) {
      return new Map();
    }
    const end = last.tick + this.#rules.tickRate * COASTED_S_MAX;
    const at = Math.min(Math.max(this.tickAt(now), first.tick), end);
    const tick = Math.min(Math.floor(at), end - 1);
    return drawBetween(this.#entitiesAt(tick), this.#entitiesAt(tick + 1), at - tick, this.#rules.tickRate);
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
