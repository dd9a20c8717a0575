// @ts-check
/** The local player's avatar and other own entities: predicted, reconciled with the server, and smoothed for drawing. */

import { arena } from './arena.js';
import { Lead } from './lead.js';
import { ErrorSmoothing } from './error_smoothing.js';
import { Tick } from './units.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./replica.js').Replica} Replica
 *
 * @typedef {object} ExpectedTick the client's prediction just before it applies a snapshot
 * @property {Map<number, Drawable>} drawn the own entities, as they would be drawn now without the snapshot
 * @property {Entity | undefined} avatar the avatar, predicted for the next tick
 * @property {number | null} tick the next tick; `null` before the first snapshot
 */

/** An empty prediction. It is used before the Welcome, when there is no local player. @type {ExpectedTick} */
export const NO_PREDICTION = Object.freeze({ drawn: new Map(), avatar: undefined, tick: null });

/** The local player's avatar and other own entities. */
export class LocalPlayer {
  #game;
  #player;
  #avatar;
  #replica;
  #smoothing = new ErrorSmoothing();

  /**
   * @param {number | null} player `null` for a spectator
   * @param {Replica} replica
   * @param {TickClock} clock
   * @param {import('./game.js').Game} [game]
   */
  constructor(player, replica, clock, game = arena) {
    this.#game = game;
    this.#player = player;
    this.#avatar = player === null ? null : game.avatar(player);
    this.#replica = replica;
    this.prediction = game.createPrediction(player, replica);
    this.lead = new Lead(clock);
  }

  /** @returns {number | null} the id of the avatar, even while there is none; `null` for a spectator */
  get avatar() {
    return this.#avatar;
  }

  /** @param {number} id @returns {boolean} whether the entity is drawn ahead of the server, like the avatar */
  owns(id) {
    return this.#player !== null && this.#game.owns(this.#player, id);
  }

  /** @param {number} now @returns {Map<number, Drawable>} the predicted own entities */
  sample(now) {
    const drawn = this.#draw(now);
    this.#smoothing.apply(drawn, now);
    return drawn;
  }

  /** Records that an input was sent. @param {number} stamp @param {ControlsValue} controls @param {number} now */
  recordInput(stamp, controls, now) {
    this.lead.recordInput(stamp, now);
    this.prediction.record(stamp, controls);
  }

  /**
   * Predicts the next tick. Call it before the replica applies a snapshot.
   * @param {number} now
   * @returns {ExpectedTick}
   */
  predictNextTick(now) {
    const { tick } = this.#replica;
    if (tick === null) {
      return { drawn: this.#draw(now), avatar: undefined, tick };
    }
    const next = this.prediction.predict(this.#replica, Tick.next(tick));
    return { drawn: this.#draw(now), avatar: next.get(this.#avatar ?? -1), tick: Tick.next(tick) };
  }

  /**
   * Reconciles the prediction with a snapshot that the replica has applied.
   * @param {SnapshotEffects} effects
   * @param {InputReport | null} report
   * @param {ExpectedTick} expected the result of `predictNextTick`, from before the replica applied the snapshot
   * @param {number} now
   * @returns {number} the prediction error of the avatar, in world units
   */
  reconcile(effects, report, expected, now) {
    this.prediction.confirm(this.#replica, report);
    if (report !== null) {
      this.lead.handleReport(report);
    }
    this.#smoothing.absorb(expected.drawn, this.#draw(now), now);
    const isPredicted = effects.tick === expected.tick;
    return isPredicted ? this.#game.predictionError(expected.avatar, this.#replica.entities.get(this.#avatar ?? -1)) : 0;
  }

  /** @param {number} now @returns {Map<number, Drawable>} */
  #draw(now) {
    return this.prediction.sample(this.#replica, this.lead.tickAt(now));
  }
}
