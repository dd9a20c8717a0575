// @ts-check
/**
 * Snapshot interpolation: remote entities are drawn a little in the past, between two known ticks. The delay adapts to the
 * jitter of arriving snapshots. See Glenn Fiedler, "Snapshot Interpolation".
 *
 * When a tick is late, entities are extrapolated by coasting (dead reckoning). When the tick arrives, any error of the
 * extrapolation is smoothed out.
 */

import { arena } from './arena.js';
import { cloneEntities } from './entity.js';
import { ErrorSmoothing } from './error_smoothing.js';
import { SlewLimiter } from './slew_limiter.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./replica.js').Replica} Replica
 */

/** Maximum number of ticks whose entities are kept. */
const KEPT_TICKS_MAX = 32;
/** Minimum delay: one tick, so that the ticks before and after the drawn moment are known. */
const DELAY_TICKS_MIN = 1;
/** Maximum delay: half of the ticks kept, so that the tick to draw has not been dropped yet. */
const DELAY_TICKS_MAX = KEPT_TICKS_MAX / 2;
/** The delay is the minimum delay plus this multiple of the mean jitter. Few ticks arrive later than that. */
const JITTER_FACTOR = 3;
/** Maximum extrapolation while no snapshots arrive, in seconds. After that, entities stand still. */
const EXTRAPOLATION_S_MAX = 1;
/** Maximum number of ticks whose effects wait for `takeDueEffects`. Beyond it, the oldest effects are dropped. */
const PENDING_EFFECTS_MAX = 1024;

/** A jitter buffer: keeps the most recent ticks, and returns the entities to draw at any time. */
export class Interpolation {
  #clock;
  #delay;
  /**
   * Consecutive ticks, oldest first. Their numbers are unwrapped, see `TickClock`.
   * @type {{tick: number, entities: Map<number, Entity>}[]}
   */
  #kept = [];
  /** The entities at the ticks after the newest one, extrapolated on demand. @type {Map<number, Entity>[]} */
  #extrapolated = [];
  /** @type {{tick: number, effects: SnapshotEffects}[]} */
  #pending = [];
  #smoothing = new ErrorSmoothing();
  #rules;
  #game;
  /** The replica at the newest tick; `null` before the first one. @type {Replica | null} */
  #replica = null;

  /**
   * @param {import('./rules.js').Rules} rules
   * @param {TickClock} clock the caller must call its `handleTick` for each tick, before `push`
   * @param {import('./game.js').Game} [game]
   */
  constructor(rules, clock, game = arena) {
    this.#rules = rules;
    this.#game = game;
    this.#clock = clock;
    this.#delay = new SlewLimiter(clock.tickRate);
  }

  /**
   * Returns the interpolation delay, in ticks. In a room with pace on demand, there is no delay, because the time until the
   * next tick can be a second or longer.
   * @param {number} now @returns {number}
   */
  delayTicksAt(now) {
    if (this.#clock.pace === 'onDemand') {
      return 0;
    }
    const target = DELAY_TICKS_MIN + JITTER_FACTOR * this.#clock.jitterTicks;
    return this.#delay.follow(Math.min(target, DELAY_TICKS_MAX), now);
  }

  /**
   * Adds the replica's current tick.
   * @param {Replica} replica
   * @param {SnapshotEffects} effects of that tick's snapshot
   * @param {number} now
   */
  push(replica, effects, now) {
    const drawn = this.#isExtrapolating(now) || effects.full ? this.#draw(now) : null;
    this.#keep(replica, effects);
    if (drawn !== null) {
      this.#smoothing.absorb(drawn, this.#draw(now), now);
    }
  }

  /** @param {Replica} replica @param {SnapshotEffects} effects */
  #keep(replica, effects) {
    const tick = this.#clock.newest;
    this.#replica = replica;
    if (effects.full && tick !== (this.#kept[this.#kept.length - 1]?.tick ?? NaN) + 1) {
      this.#kept = [];
      this.#pending.forEach((pending) => (pending.tick = -Infinity));
    }
    this.#kept.push({ tick, entities: cloneEntities(replica.entities) });
    this.#extrapolated = [];
    if (this.#kept.length > KEPT_TICKS_MAX) {
      this.#kept.shift();
    }
    this.#pending.push({ tick, effects });
    if (this.#pending.length > PENDING_EFFECTS_MAX) {
      this.#pending.shift();
    }
  }

  /** @param {number} now @returns {number} the tick to draw: fractional and unwrapped */
  tickAt(now) {
    return this.#clock.tickAt(now) - this.delayTicksAt(now);
  }

  /**
   * Fill level of the jitter buffer: number of ticks from the drawn tick to the newest one. Negative while extrapolating.
   * @param {number} now
   * @returns {number}
   */
  bufferedTicks(now) {
    return this.#clock.newest - this.tickAt(now);
  }

  /** @param {number} now @returns {Map<number, Drawable>} all entities, at the tick to draw */
  sample(now) {
    const drawn = this.#draw(now);
    this.#smoothing.apply(drawn, now);
    return drawn;
  }

  /** @returns {Map<number, Drawable>} all entities at the newest tick, without interpolation */
  sampleNewest() {
    const last = this.#kept[this.#kept.length - 1];
    return last === undefined ? new Map() : this.#game.interpolate(last.entities, last.entities, 0, this.#rules.tickRate);
  }

  /**
   * Returns the effects of the ticks that became due for drawing since the last call, in order.
   * @param {number} now
   * @returns {SnapshotEffects[]}
   */
  takeDueEffects(now) {
    const at = this.tickAt(now);
    const due = this.#pending.filter(({ tick }) => tick <= at);
    this.#pending = this.#pending.filter(({ tick }) => tick > at);
    return due.map(({ effects }) => effects);
  }

  /** @param {number} now @returns {boolean} whether the tick to draw has not arrived yet */
  #isExtrapolating(now) {
    const last = this.#kept[this.#kept.length - 1];
    return last !== undefined && this.tickAt(now) > last.tick;
  }

  /** @param {number} now @returns {Map<number, Drawable>} like `sample`, without error smoothing */
  #draw(now) {
    const [first, last] = [this.#kept[0], this.#kept[this.#kept.length - 1]];
    if (first === undefined) {
      return new Map();
    }
    const end = last.tick + this.#rules.tickRate * EXTRAPOLATION_S_MAX;
    const at = Math.min(Math.max(this.tickAt(now), first.tick), end);
    const tick = Math.min(Math.floor(at), end - 1);
    return this.#game.interpolate(this.#entitiesAt(tick), this.#entitiesAt(tick + 1), at - tick, this.#rules.tickRate);
  }

  /** @param {number} tick the oldest kept tick or a later one @returns {Map<number, Entity>} */
  #entitiesAt(tick) {
    const { tick: newest, entities } = this.#kept[this.#kept.length - 1];
    if (tick <= newest) {
      return this.#kept[this.#kept.length - 1 - (newest - tick)].entities;
    }
    const ahead = tick - newest;
    while (this.#extrapolated.length < ahead) {
      this.#extrapolated.push(this.#replica?.extrapolate(this.#extrapolated.length + 1) ?? entities);
    }
    return this.#extrapolated[ahead - 1];
  }
}
