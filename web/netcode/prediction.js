// @ts-check
/**
 * Client-side prediction of the local player's entities. Mirrors the Rust `Prediction`.
 *
 * See Gabriel Gambetta, "Fast-Paced Multiplayer", and Yahn Bernier, "Latency Compensating Methods" (GDC 2001). Client and
 * server run the same deterministic kernel, so a ship is corrected only after an interaction with another entity or after
 * a late input.
 */

import { interpolateEntities } from './drawable.js';
import { cloneEntities, cloneEntity, setEntityControls } from './entity.js';
import * as ids from './ids.js';
import { Position, Tick } from './units.js';
import { coastAll } from './world.js';

/**
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').Replica} Replica
 */

/** Maximum number of unconfirmed inputs: enough for two seconds, with one input per tick at the highest tick rate. */
const PENDING_MAX = 240;
/**
 * Age in ticks at which an unconfirmed input is discarded. A report carries only the low byte of a stamp. That byte is
 * unambiguous only for stamps from 128 ticks before the snapshot's tick to 127 ticks after it.
 */
const LATE_TICKS_MAX = 128;

/**
 * Predicts by replaying the unconfirmed inputs on the replica's state. An input is unconfirmed until the server reports it
 * as applied.
 */
export class Prediction {
  /** @type {{tick: number, controls: ControlsValue}[]} */
  #pending = [];
  #player;
  #avatar;
  /** The previous prediction; `null` if reconciliation is on. @type {{tick: number, own: Map<number, Entity>} | null} */
  #unreconciled = null;

  /** @param {number | null} player `null` for a spectator */
  constructor(player) {
    this.#player = player;
    this.#avatar = player === null ? null : ids.ship(player);
    /** Whether predictions start from the server's state. If `false`, each one continues from the previous prediction. */
    this.reconciliationEnabled = true;
  }

  /** @returns {number} the number of unconfirmed inputs */
  get pending() {
    return this.#pending.length;
  }

  /**
   * Records an input that was sent for `tick`. If several inputs are for the same tick, the last one applies.
   * @param {number} tick
   * @param {ControlsValue} controls
   */
  record(tick, controls) {
    if (this.#pending.length === PENDING_MAX) {
      this.#pending.shift();
    }
    this.#pending.push({ tick, controls });
  }

  /**
   * Discards the inputs up to the one that the newest snapshot reports as applied. Call it after each snapshot.
   *
   * An input that was late for its tick is kept until it is reported, because the server applies it in a later tick.
   * @param {Replica} replica
   * @param {InputReport | null} report the report in the newest snapshot
   */
  confirm(replica, report) {
    const confirmed = replica.tick;
    if (confirmed === null) {
      return;
    }
    this.#advanceUnreconciled(replica, confirmed);
    const reported = this.#pending.findLastIndex(({ tick }) => report !== null && (tick & 0xff) === report.stamp);
    this.#pending = this.#pending.slice(reported + 1).filter(({ tick }) => Tick.since(confirmed, tick) < LATE_TICKS_MAX);
  }

  /**
   * Predicts the player's ship at tick `to`, and the bullets that it fires after the replica's tick. The result is empty
   * while the player has no ship.
   * @param {Replica} replica
   * @param {number} to
   * @returns {Map<number, Entity>}
   */
  predict(replica, to) {
    const own = copyOwn(replica.entities, (id) => id === this.#avatar);
    return replica.tick === null ? own : this.#replay(replica, own, replica.tick, to);
  }

  /**
   * Predicts the player's ship and all of its bullets at the fractional tick `at`, for drawing.
   * @param {Replica} replica
   * @param {number} at
   * @returns {Map<number, Drawable>}
   */
  sample(replica, at) {
    if (replica.tick === null) {
      return new Map();
    }
    const { tick: from, own } = this.#base(replica, replica.tick);
    const isBehind = Tick.isNewerThan(from, Math.floor(at) >>> 0);
    const [tick, fraction] = isBehind ? [from, 0] : [Math.floor(at) >>> 0, at - Math.floor(at)];
    const before = this.#replay(replica, own, from, tick);
    const after = this.#replay(replica, cloneEntities(before), tick, Tick.next(tick));
    return interpolateEntities(before, after, fraction, replica.rules.tickRate);
  }

  /**
   * @param {Replica} replica
   * @param {number} confirmed the replica's tick
   * @returns {{tick: number, own: Map<number, Entity>}} a copy of the state to predict from
   */
  #base(replica, confirmed) {
    const player = this.#player;
    const { tick, own } = this.#unreconciled ?? { tick: confirmed, own: replica.entities };
    return { tick, own: copyOwn(own, (id) => player !== null && isOwn(player, id)) };
  }

  /** @param {Replica} replica @param {number} confirmed the replica's tick */
  #advanceUnreconciled(replica, confirmed) {
    const hasShip = this.#avatar !== null && replica.entities.has(this.#avatar);
    if (this.reconciliationEnabled || !hasShip) {
      this.#unreconciled = null;
      return;
    }
    const { tick, own } = this.#base(replica, confirmed);
    this.#unreconciled = { tick: confirmed, own: this.#replay(replica, own, tick, confirmed) };
  }

  /**
   * @param {Replica} replica
   * @param {Map<number, Entity>} own modified in place
   * @param {number} from the tick of `own`
   * @param {number} to
   * @returns {Map<number, Entity>} `own` at tick `to`
   */
  #replay(replica, own, from, to) {
    const avatar = this.#avatar === null ? undefined : own.get(this.#avatar);
    for (let tick = from; Tick.isNewerThan(to, tick); ) {
      tick = Tick.next(tick);
      for (const input of this.#pending) {
        if (avatar !== undefined && dueTick(input.tick, from) === tick) {
          setEntityControls(avatar, input.controls);
        }
      }
      coastAll(replica.rules, own);
    }
    return own;
  }
}

/**
 * Returns the tick in which an input for `tick` applies, in a replay that starts at `from`. An input for `from` or an
 * earlier tick applies in the tick after `from`.
 * @param {number} tick
 * @param {number} from
 * @returns {number}
 */
function dueTick(tick, from) {
  return Tick.isNewerThan(tick, from) ? tick : Tick.next(from);
}

/** @param {number} player @param {number} id @returns {boolean} whether it is the player's ship or one of its bullets */
export function isOwn(player, id) {
  return id === ids.ship(player) || (id >= ids.SCENERY_END && ids.shooter(id) === player);
}

/** @param {Map<number, Entity>} entities @param {(id: number) => boolean} isOwn @returns {Map<number, Entity>} a copy */
function copyOwn(entities, isOwn) {
  /** @type {Map<number, Entity>} */
  const own = new Map();
  for (const [id, entity] of entities) {
    if (isOwn(id)) {
      own.set(id, cloneEntity(entity));
    }
  }
  return own;
}

/**
 * The distance between the predicted and the actual ship, in world units. If the positions are equal but the velocity or
 * the heading differs, returns the smallest positive distance. If one of the ships does not exist, returns 0.
 * @param {Entity | undefined} predicted
 * @param {Entity | undefined} actual the server's state of the same tick
 * @returns {number}
 */
export function predictionError(predicted, actual) {
  if (predicted?.kind !== 'ship' || actual?.kind !== 'ship') {
    return 0;
  }
  const isSame = predicted.vx === actual.vx && predicted.vy === actual.vy && predicted.heading === actual.heading;
  const distance = Math.hypot(predicted.x - actual.x, predicted.y - actual.y) / Position.UNIT;
  return distance === 0 && !isSame ? 1 / Position.UNIT : distance;
}
