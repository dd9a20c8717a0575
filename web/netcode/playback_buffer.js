// @ts-check
/**
 * Plays ticks at a variable speed, as a media player does: a local clock determines the tick to draw, and the ticks after
 * it are buffered. If the buffer runs empty, playback waits until some ticks have arrived.
 *
 * ```text
 *   ticks ──▶      drawn now             arrived last
 *   ───────────────────┬──────────────────────────┬────────
 *                      └──────── buffer ──────────┘
 * ```
 */

import { arena } from './arena.js';
import { cloneEntities } from './entity.js';
import { clamp } from './units.js';

/**
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./replica.js').Replica} Replica
 */

/** Desired duration of the buffer beyond one tick or one message of the sender, in seconds. It covers the jitter. */
const RESERVE_S = 0.1;
/** Maximum change of the speed, as a fraction, by which playback keeps the buffer at the desired duration. */
const ADJUSTMENT_MAX = 0.1;
/** Maximum number of buffered ticks, and of ticks whose effects wait for `takeDueEffects`: 2 s at 16 times the speed. */
const TICKS_MAX = 1024;

/** The ticks around the drawn one. Has the interface of `Interpolation`, except that it needs no clock. */
export class PlaybackBuffer {
  #rules;
  #game;
  #speed = 1;
  #isPaused = false;
  /** The tick to draw at the time `#at`: fractional and unwrapped, see `TickClock`. */
  #position = 0;
  #at = -Infinity;
  /** Playback waits until this time, so that the buffer fills. */
  #heldUntil = -Infinity;
  /** Consecutive ticks. The first of them is drawn now or next. @type {{tick: number, entities: Map<number, Entity>}[]} */
  #ticks = [];
  /** @type {{tick: number, effects: SnapshotEffects}[]} */
  #pending = [];

  /** @param {import('./rules.js').Rules} rules @param {import('./game.js').Game} [game] */
  constructor(rules, game = arena) {
    this.#rules = rules;
    this.#game = game;
  }

  /** @returns {boolean} whether no tick has arrived yet */
  get isEmpty() {
    return this.#ticks.length === 0;
  }

  /** @param {number} speed relative to real time @param {number} now */
  setSpeed(speed, now) {
    this.#advance(now);
    this.#speed = speed;
  }

  /** @param {boolean} isPaused @param {number} now */
  setPaused(isPaused, now) {
    this.#advance(now);
    this.#isPaused = isPaused;
  }

  /**
   * Adds the replica's current tick. A full snapshot discards the buffer, and playback continues at that snapshot.
   * @param {Replica} replica
   * @param {SnapshotEffects} effects of that tick's snapshot
   * @param {number} now
   */
  push(replica, effects, now) {
    this.#advance(now);
    const isStart = effects.full || this.isEmpty;
    if (isStart || this.#position >= this.#newest) {
      this.#heldUntil = now + this.#desiredS * 1000;
    }
    const tick = isStart ? effects.tick : this.#newest + 1;
    if (isStart) {
      this.#ticks = [];
      this.#pending = [];
      this.#position = tick;
    }
    this.#ticks.push({ tick, entities: cloneEntities(replica.entities) });
    this.#pending.push({ tick, effects });
    this.#limit();
  }

  /** @param {number} now @returns {number} the tick to draw: fractional and unwrapped */
  tickAt(now) {
    this.#advance(now);
    return this.#position;
  }

  /** @param {number} now @returns {number} number of ticks from the drawn tick to the newest one */
  bufferedTicks(now) {
    return this.#newest - this.tickAt(now);
  }

  /** @param {number} now @returns {number} the same as `bufferedTicks` */
  delayTicksAt(now) {
    return this.bufferedTicks(now);
  }

  /** @param {number} now @returns {Map<number, Drawable>} all entities, at the tick to draw */
  sample(now) {
    this.#advance(now);
    const [before, after = before] = this.#ticks;
    if (before === undefined) {
      return new Map();
    }
    const fraction = this.#position - before.tick;
    return this.#game.interpolate(before.entities, after.entities, fraction, this.#rules.tickRate);
  }

  /** @returns {Map<number, Drawable>} all entities at the newest tick, without interpolation */
  sampleNewest() {
    const last = this.#ticks.at(-1);
    return last === undefined ? new Map() : this.#game.interpolate(last.entities, last.entities, 0, this.#rules.tickRate);
  }

  /**
   * Returns the effects of the ticks that became due for drawing since the last call, in order.
   * @param {number} now
   * @returns {SnapshotEffects[]}
   */
  takeDueEffects(now) {
    this.#advance(now);
    const due = this.#pending.filter(({ tick }) => tick <= this.#position);
    this.#pending = this.#pending.filter(({ tick }) => tick > this.#position);
    return due.map(({ effects }) => effects);
  }

  /** @returns {number} the newest tick, unwrapped */
  get #newest() {
    return this.#ticks.at(-1)?.tick ?? 0;
  }

  /** @returns {number} the desired duration of the buffer, in seconds. The sender sends at most one message per tick */
  get #desiredS() {
    return Math.max(1 / this.#speed, 1) / this.#rules.tickRate + RESERVE_S;
  }

  /** Advances the drawn tick to the time `now`. @param {number} now */
  #advance(now) {
    const elapsedS = Math.max(now - Math.max(this.#at, this.#heldUntil), 0) / 1000;
    this.#at = Math.max(now, this.#at);
    if (this.#isPaused || this.#ticks.length === 0) {
      return;
    }
    const rate = this.#rules.tickRate * this.#speed;
    const excessS = (this.#newest - this.#position) / rate - this.#desiredS;
    const adjusted = rate * (1 + clamp(excessS, -ADJUSTMENT_MAX, ADJUSTMENT_MAX));
    this.#position = Math.min(this.#position + elapsedS * adjusted, this.#newest);
    const drawn = this.#ticks.findLastIndex(({ tick }) => tick <= this.#position);
    this.#ticks.splice(0, drawn);
  }

  /** Drops the oldest ticks and effects beyond `TICKS_MAX`. */
  #limit() {
    this.#ticks.splice(0, this.#ticks.length - TICKS_MAX);
    this.#pending.splice(0, this.#pending.length - TICKS_MAX);
    this.#position = Math.max(this.#position, this.#ticks[0].tick);
  }
}
