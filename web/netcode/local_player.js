// @ts-check
/** The local player's ship and bullets: predicted, reconciled with the server, and smoothed for drawing. */

import * as ids from './ids.js';
import { Lead } from './lead.js';
import { ErrorSmoothing } from './error_smoothing.js';
import { Prediction, predictionError } from './prediction.js';
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
 * @property {Map<number, Drawable>} drawn the local ship and bullets, as they would be drawn now without the snapshot
 * @property {Entity | undefined} ship the local ship, predicted for the snapshot's tick
 */

/** The local player's ship and bullets. */
export class LocalPlayer {
  #player;
  #avatar;
  #replica;
  #smoothing = new ErrorSmoothing();

  /**
   * @param {number | null} player `null` for a spectator
   * @param {Replica} replica
   * @param {TickClock} clock
   */
  constructor(player, replica, clock) {
    this.#player = player;
    this.#avatar = player === null ? null : ids.ship(player);
    this.#replica = replica;
    this.prediction = new Prediction(player);
    this.lead = new Lead(clock);
  }

  /** @returns {number | null} the id of the local ship, even while the ship is dead; `null` for a spectator */
  get avatar() {
    return this.#avatar;
  }

  /** @param {number} id @returns {boolean} whether the entity is the local ship or one of its bullets */
  owns(id) {
    return this.#player !== null && (id === this.#avatar || (id >= ids.SCENERY_END && ids.shooter(id) === this.#player));
  }

  /** @param {number} now @returns {Map<number, Drawable>} the predicted ship and bullets */
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
    const next = tick === null ? new Map() : this.prediction.predict(this.#replica, Tick.next(tick));
    return { drawn: this.#draw(now), ship: next.get(this.#avatar ?? -1) };
  }

  /**
   * Reconciles the prediction with a snapshot that the replica has applied.
   * @param {SnapshotEffects} effects
   * @param {InputReport | null} report
   * @param {ExpectedTick} expected the result of `predictNextTick`, from before the replica applied the snapshot
   * @param {number} now
   * @returns {number} the prediction error of the local ship, in world units
   */
  reconcile(effects, report, expected, now) {
    this.prediction.confirm(this.#replica, report);
    if (report !== null) {
      this.lead.handleReport(report);
    }
    this.#smoothing.absorb(expected.drawn, this.#draw(now), now);
    return effects.full ? 0 : predictionError(expected.ship, this.#replica.entities.get(this.#avatar ?? -1));
  }

  /** @param {number} now @returns {Map<number, Drawable>} */
  #draw(now) {
    return this.prediction.sample(this.#replica, this.lead.tickAt(now));
  }
}
