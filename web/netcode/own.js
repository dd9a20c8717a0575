// @ts-check
/** One's own ship and bullets: ahead of the server, put right by it, and drawn so that neither is seen. */

import * as ids from './ids.js';
import { Lead } from './lead.js';
import { Offsets } from './offsets.js';
import { Prediction, correctionBetween } from './prediction.js';
import { Tick } from './units.js';

/**
 * @typedef {import('./clock.js').TickClock} TickClock
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./replica.js').Applied} Applied
 * @typedef {import('./replica.js').Replica} Replica
 *
 * @typedef {object} Expectation what one expects of the next snapshot
 * @property {Map<number, Drawable>} drawn what would be drawn if it never came
 * @property {Entity | undefined} ship one's own ship at its tick
 */

/** One's own ship and bullets. */
export class Own {
  #player;
  #avatar;
  #replica;
  #offsets = new Offsets();

  /**
   * @param {number | null} player whose they are; `null` for a spectator, who has none
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

  /** @returns {number | null} the id of one's own ship, whether or not there is one now */
  get avatar() {
    return this.#avatar;
  }

  /** @param {number} id @returns {boolean} whether it is one's own ship or bullet */
  has(id) {
    return this.#player !== null && (id === this.#avatar || (id >= ids.SCENERY_END && ids.shooter(id) === this.#player));
  }

  /** @param {number} now @returns {Map<number, Drawable>} one's own ship and bullets, as they are predicted */
  sample(now) {
    const drawn = this.#draw(now);
    this.#offsets.apply(drawn, now);
    return drawn;
  }

  /** Notes that an input was sent. @param {number} stamp @param {ControlsValue} controls @param {number} now */
  record(stamp, controls, now) {
    this.lead.note(stamp, now);
    this.prediction.record(stamp, controls);
  }

  /** @param {number} now @returns {Expectation} of the next snapshot: to be asked before the replica applies it */
  expect(now) {
    const { tick } = this.#replica;
    const next = tick === null ? new Map() : this.prediction.predict(this.#replica, Tick.next(tick));
    return { drawn: this.#draw(now), ship: next.get(this.#avatar ?? -1) };
  }

  /**
   * The replica has applied a snapshot.
   * @param {Applied} applied
   * @param {InputReport | null} report
   * @param {Expectation} expected
   * @param {number} now
   * @returns {number} how far it put one's own ship right, in world units
   */
  follow(applied, report, expected, now) {
    this.prediction.confirm(this.#replica, report);
    if (report !== null) {
      this.lead.learn(report);
    }
    this.#offsets.absorb(expected.drawn, this.#draw(now), now);
    return applied.reset ? 0 : correctionBetween(expected.ship, this.#replica.entities.get(this.#avatar ?? -1));
  }

  /** @param {number} now @returns {Map<number, Drawable>} */
  #draw(now) {
    return this.prediction.sample(this.#replica, this.lead.tickAt(now));
  }
}
