// @ts-check
/**
 * A stay in a room, over as many connections as it takes: a lost one is followed by another, in the same seat if the server
 * has kept it.
 *
 * ```text
 * entering ──▶ staying ──lost──▶ waiting ──▶ returning ──▶ staying
 *     │            │                ▲            │
 *     │            │                └────────────┤
 *     └────────────┴── left, or it won't heal ───┴──▶ ended
 * ```
 */

import { Backoff } from './backoff.js';
import { closeReason } from './close.js';
import { Connection } from './connection.js';

/**
 * @typedef {import('./close.js').Closing} Closing
 * @typedef {import('./connection.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection.js').ConnectionState} ConnectionState
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 *
 * @typedef {'entering' | 'staying' | 'waiting' | 'returning' | 'ended'} StayState
 *
 * @typedef {Omit<ConnectionOptions, 'onState' | 'onDrain'> & {
 *   random: () => number,
 *   onConnection?: (connection: Connection) => void,
 * }} StayOptions those of a connection, except that `resume` and the room of `url` are only for the first; `random` gives
 *   numbers from 0 up to 1, and `onConnection` is told of every connection that is played on
 */

/** A stay in a room. */
export class Stay {
  #options;
  #backoff;
  #viewport;
  /** @type {string | null} the room that it is in, once that is known */
  #room = null;
  /** @type {string | null} how to take the seat again */
  #token;
  /** How long the server asked to be left alone after it closed. */
  #drainMs = 0;
  /** @type {Connection} that is being opened, or is played on */
  #newest;

  /** @param {StayOptions} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#viewport = options.viewport;
    this.#token = options.resume ?? null;
    /** @type {StayState} */
    this.state = 'entering';
    /** Why the last connection ended. @type {Closing | null} */
    this.closing = null;
    /** When the next attempt is due, while `waiting`. */
    this.retryAt = 0;
    /** How long it waits, or has waited, for that, in milliseconds. */
    this.waitMs = 0;
    /** How often it came back. */
    this.returns = 0;
    this.#newest = this.#connect();
    /** The connection to draw: the newest that was played on, even after it was lost, until another one is played on. */
    this.connection = this.#newest;
  }

  /** @returns {number} how many attempts were made since the connection was lost */
  get attempts() {
    return this.#backoff.attempts;
  }

  /** @returns {string | null} how to take the seat again, from another page */
  get token() {
    return this.#token;
  }

  /** Enters. Once. */
  open() {
    this.#newest.open();
  }

  /** Leaves, for good: the seat is free at once. */
  leave() {
    if (this.state !== 'ended') {
      this.#newest.close();
      this.#end(closeReason(1000));
    }
  }

  /** Waits no longer. */
  retry() {
    if (this.state === 'waiting') {
      this.#return();
    }
  }

  /** What the player holds from now on. Call it every frame. @param {ControlsValue} controls */
  hold(controls) {
    this.#newest.hold(controls);
    this.poll();
  }

  /** The window shows another number of world units. @param {Viewport} viewport */
  setViewport(viewport) {
    this.#viewport = viewport;
    this.#newest.setViewport(viewport);
  }

  /** Does what time demands. Call it in a timer. */
  poll() {
    this.#newest.poll();
    if (this.state === 'waiting' && this.#options.now() >= this.retryAt) {
      this.#return();
    }
  }

  #return() {
    this.state = 'returning';
    this.#newest = this.#connect();
    this.#newest.open();
  }

  /** @returns {Connection} */
  #connect() {
    const { onWelcome, onSnapshot, onRefusal } = this.#options;
    /** @type {Connection} */
    const connection = new Connection({
      ...this.#options,
      url: this.#url(),
      viewport: this.#viewport,
      resume: this.#token,
      onState: (state, closing) => this.#handleState(connection, state, closing),
      onWelcome: (welcome) => {
        this.#handleWelcome(welcome);
        onWelcome?.(welcome);
      },
      onSnapshot,
      onRefusal,
      onDrain: (reconnectAfterMs) => {
        this.#drainMs = reconnectAfterMs;
      },
    });
    return connection;
  }

  /** @returns {string} the address of the room that one was put into */
  #url() {
    if (this.#room === null) {
      return this.#options.url;
    }
    const url = new URL(this.#options.url);
    url.searchParams.set('room', this.#room);
    return url.href;
  }

  /** @param {Welcome} welcome */
  #handleWelcome({ room, seat }) {
    this.#room = room;
    this.#token = seat?.token ?? null;
  }

  /** @param {Connection} connection @param {ConnectionState} state @param {Closing | null} closing */
  #handleState(connection, state, closing) {
    if (connection !== this.#newest || this.state === 'ended') {
      return;
    }
    if (state === 'playing') {
      this.#stay(connection);
    } else if (closing?.reconnect === true) {
      this.#wait(closing);
    } else if (closing !== null) {
      this.#end(closing);
    }
  }

  /** @param {Connection} connection */
  #stay(connection) {
    this.returns += this.state === 'returning' ? 1 : 0;
    this.state = 'staying';
    this.closing = null;
    this.connection = connection;
    this.#backoff.reset();
    this.#drainMs = 0;
    this.#options.onConnection?.(connection);
  }

  /** @param {Closing} closing */
  #wait(closing) {
    this.state = 'waiting';
    this.closing = closing;
    this.waitMs = this.#drainMs + this.#backoff.next();
    this.retryAt = this.#options.now() + this.waitMs;
    this.#drainMs = 0;
  }

  /** @param {Closing} closing */
  #end(closing) {
    this.state = 'ended';
    this.closing = closing;
  }
}
