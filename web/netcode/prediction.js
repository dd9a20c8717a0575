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
import { Position, Tick } from './units.js';
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
/** Reports tell stamps apart that are less than this away: an older input that was not told of has come to nothing. */
const LATE_TICKS_MAX = 128;

/** The inputs that the server has not told of yet, and what they will do. */
export class Prediction {
  /** @type {{tick: number, controls: ControlsValue}[]} */
  #pending = [];
  #player;
  #avatar;
  /** What is predicted from while nothing is reconciled. @type {{tick: number, own: Map<number, Entity>} | null} */
  #unreconciled = null;

  /** @param {number | null} player whose ship; `null` for a spectator, who has none */
  constructor(player) {
    this.#player = player;
    this.#avatar = player === null ? null : ids.ship(player);
    /** Whether what the server says is where one goes on from. Without, one goes on from what one has predicted before. */
    this.reconciles = true;
  }

  /** @returns {number} how many inputs the server has not told of */
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

  /**
   * Forgets the inputs that the replica's tick has seen. One that was too late for its tick is kept until it is told of: it
   * will be applied in one of the next.
   * @param {Replica} replica
   * @param {InputReport | null} report what the snapshot of that tick said of an input
   */
  confirm(replica, report) {
    const confirmed = replica.tick;
    if (confirmed === null) {
      return;
    }
    this.#advanceUnreconciled(replica, confirmed);
    const told = this.#pending.findLastIndex(({ tick }) => report !== null && (tick & 0xff) === report.stamp);
    this.#pending = this.#pending.slice(told + 1).filter(({ tick }) => Tick.since(confirmed, tick) < LATE_TICKS_MAX);
  }

  /**
   * The player's ship and what it gave birth to meanwhile, at tick `to`: the confirmed one, with the unconfirmed inputs
   * replayed. Empty while the player has nothing in the world.
   * @param {Replica} replica
   * @param {number} to
   * @returns {Map<number, Entity>}
   */
  predict(replica, to) {
    const own = ownOf(replica.entities, (id) => id === this.#avatar);
    return replica.tick === null ? own : this.#replay(replica, own, replica.tick, to);
  }

  /**
   * The player's ship and all their bullets between two ticks, to be drawn.
   * @param {Replica} replica
   * @param {number} at a tick with a fraction
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
    return drawBetween(before, after, fraction, replica.rules.tickRate);
  }

  /**
   * @param {Replica} replica
   * @param {number} confirmed its tick
   * @returns {{tick: number, own: Map<number, Entity>}} copies of what is predicted from
   */
  #base(replica, confirmed) {
    const isOwn = (/** @type {number} */ id) => id === this.#avatar || isBulletOf(this.#player, id);
    const { tick, own } = this.#unreconciled ?? { tick: confirmed, own: replica.entities };
    return { tick, own: ownOf(own, isOwn) };
  }

  /** @param {Replica} replica @param {number} confirmed its tick */
  #advanceUnreconciled(replica, confirmed) {
    const hasShip = this.#avatar !== null && replica.entities.has(this.#avatar);
    if (this.reconciles || !hasShip) {
      this.#unreconciled = null;
      return;
    }
    const { tick, own } = this.#base(replica, confirmed);
    this.#unreconciled = { tick: confirmed, own: this.#replay(replica, own, tick, confirmed) };
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
        if (avatar !== undefined && dueTick(input.tick, from) === tick) {
          steerEntity(avatar, input.controls);
        }
      }
      coastAll(replica.rules, own);
    }
    return own;
  }
}

/** @param {number} tick @param {number} from @returns {number} when an input takes effect: a late one in the next tick */
function dueTick(tick, from) {
  return Tick.isNewerThan(tick, from) ? tick : Tick.next(from);
}

/** @param {number | null} player @param {number} id @returns {boolean} */
function isBulletOf(player, id) {
  return player !== null && id >= ids.SCENERY_END && ids.shooter(id) === player;
}

/** @param {Map<number, Entity>} entities @param {(id: number) => boolean} isOwn @returns {Map<number, Entity>} copies */
function ownOf(entities, isOwn) {
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
 * How far the server put a ship right, in world units: 0 where it is, flies and points as was predicted.
 * @param {Entity | undefined} predicted what was predicted for a tick
 * @param {Entity | undefined} actual what the server says of that tick
 * @returns {number}
 */
export function correctionBetween(predicted, actual) {
  if (predicted?.kind !== 'ship' || actual?.kind !== 'ship') {
    return 0;
  }
  const isSame = predicted.vx === actual.vx && predicted.vy === actual.vy && predicted.heading === actual.heading;
  const distance = Math.hypot(predicted.x - actual.x, predicted.y - actual.y) / Position.UNIT;
  return distance === 0 && !isSame ? 1 / Position.UNIT : distance;
}
