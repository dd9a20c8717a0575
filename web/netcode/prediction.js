// @ts-check
/**
 * One's own ship ahead of the server. Mirrors `prediction.rs`.
 *
 * The technique is client-side prediction with server reconciliation, as Gabriel Gambetta's "Fast-Paced Multiplayer" and
 * Yahn Bernier's "Latency Compensating Methods" (GDC 2001) describe it. Here both sides run the same exact kernel, so that
 * an undisturbed ship is never corrected.
 */

import { drawBetween } from './drawable.js';
import { cloneEntities, cloneEntity, steerEntity } from './entity.js';
import * as ids from './ids.js';
import { Tick, clamp } from './units.js';
import { coastAll } from './world.js';

/**
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').Replica} Replica
 */

/** The most inputs that wait for the server: two seconds at the highest tick rate. */
const PENDING_MAX = 240;

/** The inputs that the server has not confirmed yet, and what they will do. */
export class Prediction {
  /** @type {{tick: number, controls: ControlsValue}[]} */
  #pending = [];
  #player;
  #avatar;

  /** @param {number | null} player whose ship; `null` for a spectator, who has none */
  constructor(player) {
    this.#player = player;
    this.#avatar = player === null ? null : ids.ship(player);
  }

  /** @returns {number} how many inputs the server has not confirmed */
  get pending() {
    return this.#pending.length;
  }

  /**
   * Notes an input that was sent for `tick`. Of two for the same tick, the later counts.
   * @param {number} tick
   * @param {ControlsValue} controls
   */
  record(tick, controls) {
    if (this.#pending.length === PENDING_MAX) {
      this.#pending.shift();
    }
    this.#pending.push({ tick, controls });
  }

  /** Forgets the inputs that the replica's tick has already seen. @param {Replica} replica */
  confirm(replica) {
    const confirmed = replica.tick;
    if (confirmed !== null) {
      this.#pending = this.#pending.filter(({ tick }) => Tick.isNewerThan(tick, confirmed));
    }
  }

  /**
   * The player's ship and what it gave birth to meanwhile, at tick `to`: the confirmed one, with the unconfirmed inputs
   * replayed. Empty while the player has nothing in the world.
   * @param {Replica} replica
   * @param {number} to
   * @returns {Map<number, Entity>}
   */
  predict(replica, to) {
    const own = this.#ownOf(replica, (id) => id === this.#avatar);
    return replica.tick === null ? own : this.#replay(replica, own, replica.tick, to);
  }

  /**
   * The player's ship and all their bullets between two ticks, to be drawn.
   * @param {Replica} replica
   * @param {number} at a tick with a fraction
   * @returns {Map<number, Drawable>}
   */
  sample(replica, at) {
    const own = this.#ownOf(replica, (id) => id === this.#avatar || isBulletOf(this.#player, id));
    if (replica.tick === null) {
      return new Map();
    }
    const isBehind = Tick.isNewerThan(replica.tick, Math.floor(at) >>> 0);
    const [tick, fraction] = isBehind ? [replica.tick, 0] : [Math.floor(at) >>> 0, at - Math.floor(at)];
    const before = this.#replay(replica, own, replica.tick, tick);
    const after = this.#replay(replica, cloneEntities(before), tick, Tick.next(tick));
    return drawBetween(before, after, fraction, replica.rules.tickRate);
  }

  /** @param {Replica} replica @param {(id: number) => boolean} isOwn @returns {Map<number, Entity>} copies of them */
  #ownOf(replica, isOwn) {
    /** @type {Map<number, Entity>} */
    const own = new Map();
    for (const [id, entity] of replica.entities) {
      if (isOwn(id)) {
        own.set(id, cloneEntity(entity));
      }
    }
    return own;
  }

  /**
   * @param {Replica} replica
   * @param {Map<number, Entity>} own changed in place
   * @param {number} from the tick they are at
   * @param {number} to
   * @returns {Map<number, Entity>} the same ones at tick `to`
   */
  #replay(replica, own, from, to) {
    const avatar = this.#avatar === null ? undefined : own.get(this.#avatar);
    for (let tick = from; Tick.isNewerThan(to, tick); ) {
      tick = Tick.next(tick);
      for (const input of this.#pending) {
        if (input.tick === tick && avatar !== undefined) {
          steerEntity(avatar, input.controls);
        }
      }
      coastAll(replica.rules, own);
    }
    return own;
  }
}

/** @param {number | null} player @param {number} id @returns {boolean} */
function isBulletOf(player, id) {
  return player !== null && id >= ids.SCENERY_END && ids.shooter(id) === player;
}

/**
 * How far ahead of the newest snapshot inputs are stamped, so that they arrive just in time.
 *
 * It needs no clock: the server reports how early each input came, and the lead grows at once when one was late and shrinks
 * slowly while all come too early.
 */
export class Lead {
  static #START = 2;
  /** Inputs are meant to arrive at least this many ticks early: one, against jitter. */
  static #MARGIN_MIN = 1;
  /** The lead shrinks when this many inputs in a row were earlier than they need be. */
  static #EARLY_MAX = 8;

  #ticks = Lead.#START;
  #ticksMax;
  /** Reports of inputs stamped before this were earned by another lead. @type {number | null} */
  #changedAt = null;
  #earlyInARow = 0;
  /** @type {number | null} */
  #stamped = null;

  /** The lead a client starts with; it never exceeds a second. @param {number} tickRate */
  constructor(tickRate) {
    this.#ticksMax = tickRate;
  }

  /** @returns {number} how many ticks */
  get ticks() {
    return this.#ticks;
  }

  /**
   * The tick to stamp an input with, when `newest` is the newest tick received. Stamps never go back.
   * @param {number} newest
   * @returns {number}
   */
  stamp(newest) {
    const ahead = Tick.plus(newest, this.#ticks);
    const isBehind = this.#stamped !== null && Tick.isNewerThan(this.#stamped, ahead);
    this.#stamped = isBehind ? this.#stamped : ahead;
    return /** @type {number} */ (this.#stamped);
  }

  /**
   * Learns from what the server said of an input, in the snapshot of tick `newest`.
   * @param {InputReport} report
   * @param {number} newest
   */
  learn({ stamp, margin }, newest) {
    const stamped = Tick.plus(newest, ((stamp - newest) << 24) >> 24);
    if (this.#changedAt !== null && Tick.isNewerThan(this.#changedAt, stamped)) {
      return;
    }
    if (margin < Lead.#MARGIN_MIN) {
      this.#change(Lead.#MARGIN_MIN - margin, newest);
    } else if (margin > Lead.#MARGIN_MIN) {
      this.#earlyInARow += 1;
      if (this.#earlyInARow >= Lead.#EARLY_MAX) {
        this.#change(-1, newest);
      }
    } else {
      this.#earlyInARow = 0;
    }
  }

  /** @param {number} by @param {number} newest */
  #change(by, newest) {
    this.#ticks = clamp(this.#ticks + by, 1, this.#ticksMax);
    this.#changedAt = Tick.plus(newest, this.#ticks);
    this.#earlyInARow = 0;
  }
}
