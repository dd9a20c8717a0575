// @ts-check
/**
 * A client that reconnects automatically: it replaces a lost connection by a new one to the same room. If the server has
 * kept the seat, the new connection resumes it. Otherwise, the player joins with a new seat.
 *
 * ```text
 * connecting ──▶ connected ──lost──▶ waiting ──▶ reconnecting ──▶ connected
 *     │              │                  ▲             │
 *     │              │                  └─────────────┤
 *     └──────────────┴── left, or permanent error ────┴──▶ closed
 * ```
 */

import { Actions } from './actions.js';
import { Backoff } from './backoff.js';
import { closeReason } from './close.js';
import { SUBPROTOCOL } from './codec.js';
import { Connection } from './connection.js';

/**
 * @typedef {import('./close.js').CloseReason} CloseReason
 * @typedef {import('./connection_options.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection_options.js').ConnectionState} ConnectionState
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 *
 * @typedef {'connecting' | 'connected' | 'waiting' | 'reconnecting' | 'closed'} ClientState
 *
 * @typedef {Omit<ConnectionOptions, 'onState' | 'onDrain' | 'actions'> & {
 *   random: () => number,
 *   onConnected?: (connection: Connection) => void,
 * }} ClientOptions the options of a connection. `resume` and the room in `url` apply only until the first welcome. After
 *   that, the client uses the room and the token that the server assigned. `random` returns uniformly distributed numbers
 *   in [0, 1). `onConnected` is called when a connection has received its first snapshot
 */

/** The close code for a match that does not exist. Unlike a room, it will not exist later. */
const ROOM_CLOSED = 4004;
/** The close code of a connection that ended without a close frame, or could not be opened. */
const CONNECTION_LOST = 1006;

/**
 * A client in a room or a replay, across reconnections.
 * @template [C=ControlsValue] the controls of the game
 */
export class Client {
  #options;
  #backoff;
  #actions = new Actions();
  #viewport;
  /** @type {string | null} the room that the server assigned; `null` before the first welcome */
  #room = null;
  /** @type {string | null} */
  #resumeToken;
  /** The delay that a draining server requested before the next reconnection attempt; 0 if no delay was requested. */
  #drainMs = 0;
  /** @type {Connection} the newest connection, which may still be opening */
  #newest;

  /** @param {ClientOptions & {game?: {controls: {NONE: C}}}} options */
  constructor(options) {
    this.#options = options;
    this.#backoff = new Backoff(options.random);
    this.#viewport = options.viewport;
    this.#resumeToken = options.resume ?? null;
    /** @type {ClientState} */
    this.state = 'connecting';
    /** Why the last connection ended; `null` while connected. @type {CloseReason | null} */
    this.closeReason = null;
    /** Time of the next attempt, while `waiting`. */
    this.retryAt = 0;
    /** Delay before the next attempt, in milliseconds: the random delay plus the minimum delay that the server requires. */
    this.retryDelayMs = 0;
    /** Number of successful reconnections. */
    this.reconnects = 0;
    this.#newest = this.#connect();
    /**
     * The connection to draw: the last connection that received a snapshot, even if that connection is lost. Before the
     * first snapshot, it is the first connection.
     */
    this.connection = this.#newest;
  }

  /** @returns {number} the number of the current or next reconnection attempt, counted from 1; 0 while connected */
  get attempts() {
    return this.#backoff.attempts;
  }

  /** @returns {string | null} a token that resumes the seat, for example after the page was reloaded */
  get resumeToken() {
    return this.#resumeToken;
  }

  /** Opens the first connection. A second call throws an error. */
  open() {
    this.#newest.open();
  }

  /** Leaves the room and frees the seat. */
  leave() {
    if (this.state !== 'closed') {
      this.#newest.close();
      this.#handlePermanentClose(closeReason(1000));
    }
  }

  /**
   * Reconnects now. In the state `waiting`, does not wait until `retryAt`. In the state `reconnecting`, abandons the
   * attempt in progress and starts another one. Does nothing in the other states.
   */
  retry() {
    const abandoned = this.state === 'reconnecting' ? this.#newest : null;
    if (abandoned !== null || this.state === 'waiting') {
      this.#reconnect();
    }
    abandoned?.abandon();
  }

  /**
   * Moves the session of a player to another socket, without interruption: for example from a WebSocket to datagrams. Does
   * nothing if the client is not connected, has no seat, or is moving already.
   * @param {ConnectionOptions['openSocket']} openSocket
   * @returns {Promise<boolean>} whether the session has moved. Never rejected
   */
  moveTo(openSocket) {
    const token = this.#resumeToken;
    if (this.state !== 'connected' || token === null) {
      return Promise.resolve(false);
    }
    return this.#newest.moveTo(() => openSocket(this.#url(), SUBPROTOCOL), token);
  }

  /** Sets the controls, and sends all messages that are due. Call it every frame. @param {C} controls */
  setControls(controls) {
    this.#newest.setControls(/** @type {any} */ (controls));
    this.poll();
  }

  /**
   * Acts once, for example plays a card. The server carries out the action exactly once, even if the connection is lost in
   * the meantime.
   * @param {unknown} action of the game
   * @returns {Promise<import('./actions.js').ActionResult>} what becomes of the action. Never rejected
   * @throws {RangeError} if the action is invalid
   */
  act(action) {
    return this.#newest.act(action);
  }

  /** Tells the room whether the player is ready. Has no effect unless the room waits. @param {boolean} ready */
  setReady(ready) {
    this.#newest.setReady(ready);
  }

  /** Sets the viewport. @param {Viewport} viewport size of the window, in world units */
  setViewport(viewport) {
    this.#viewport = viewport;
    this.#newest.setViewport(viewport);
  }

  /** @returns {import('./playback.js').Playback} controls a replay. A reconnection replaces it by another one */
  get playback() {
    return this.#newest.playback;
  }

  /** In a replay: continues at this tick, or at the nearest one that can be played. @param {number} tick */
  seek(tick) {
    this.#newest.playback.seek(tick);
  }

  /**
   * Sets the speed of a replay.
   * @param {number} quarters in quarters of real time: an integer from 1 to `SPEED_QUARTERS_MAX`
   */
  setSpeed(quarters) {
    this.#newest.playback.setSpeed(quarters);
  }

  /** Pauses a replay, or continues it. @param {boolean} paused */
  pause(paused) {
    this.#newest.playback.pause(paused);
  }

  /** Sends all messages that are due, and reconnects when it is time. Call it regularly. */
  poll() {
    this.#newest.poll();
    if (this.state === 'waiting' && this.#options.now() >= this.retryAt) {
      this.#reconnect();
    }
  }

  #reconnect() {
    this.state = 'reconnecting';
    const earlier = this.#newest;
    this.#newest = this.#connect();
    this.#newest.playback.continueFrom(earlier.playback);
    this.#newest.open();
  }

  /** @returns {Connection} */
  #connect() {
    const { onWelcome, onSnapshot, onError } = this.#options;
    /** @type {Connection} */
    const connection = new Connection({
      ...this.#options,
      url: this.#url(),
      viewport: this.#viewport,
      resume: this.#resumeToken,
      actions: this.#actions,
      onState: (state, reason) => this.#handleState(connection, state, reason),
      onWelcome: (welcome) => {
        this.#handleWelcome(welcome);
        onWelcome?.(welcome);
      },
      onSnapshot,
      onError,
      onDrain: (reconnectAfterMs) => {
        this.#drainMs = reconnectAfterMs;
      },
    });
    return connection;
  }

  /**
   * @returns {string} the URL of the room that the server assigned; before the first welcome, the URL in the options. The
   *   URL of a replay contains the tick at which the replay continues
   */
  #url() {
    if (this.#room === null) {
      return this.#options.url;
    }
    const url = new URL(this.#options.url);
    const tick = this.connection.replica?.tick ?? null;
    if (!url.searchParams.has('replay')) {
      url.searchParams.set('room', this.#room);
    } else if (tick !== null) {
      url.searchParams.set('tick', `${tick}`);
    }
    return url.href;
  }

  /** @param {Welcome} welcome */
  #handleWelcome({ room, seat }) {
    this.#room = room;
    this.#resumeToken = seat?.token ?? null;
  }

  /** @param {Connection} connection @param {ConnectionState} state @param {CloseReason | null} reason */
  #handleState(connection, state, reason) {
    if (connection !== this.#newest || this.state === 'closed') {
      return;
    }
    if (state === 'playing') {
      this.#handleConnected(connection);
    } else if (reason?.reconnect === true && !(connection.playback.isReplay && reason.code === ROOM_CLOSED)) {
      this.#scheduleReconnect(reason);
    } else if (reason !== null) {
      this.#handlePermanentClose(reason);
    }
  }

  /** @param {Connection} connection */
  #handleConnected(connection) {
    this.reconnects += this.state === 'reconnecting' ? 1 : 0;
    this.state = 'connected';
    this.closeReason = null;
    this.connection = connection;
    this.#backoff.reset();
    this.#drainMs = 0;
    this.#options.onConnected?.(connection);
  }

  /** @param {CloseReason} reason */
  #scheduleReconnect(reason) {
    // An attempt that could not connect does not replace the reason for which the connection ended.
    if (this.closeReason === null || reason.code !== CONNECTION_LOST) {
      this.closeReason = reason;
    }
    this.state = 'waiting';
    const now = this.#options.now();
    this.retryDelayMs = Math.max(this.#drainMs, reason.retryAfterMs) + this.#backoff.nextDelayMs(now);
    this.retryAt = now + this.retryDelayMs;
    this.#drainMs = 0;
  }

  /** @param {CloseReason} reason */
  #handlePermanentClose(reason) {
    this.state = 'closed';
    this.closeReason = reason;
  }
}
