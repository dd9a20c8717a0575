// @ts-check
/**
 * A second socket that takes over the session of a player from the first one. It resumes the seat, and keeps all messages
 * until the first socket has delivered the ticks before them. Reads no clock.
 *
 * ```text
 * connecting ──socket opens──▶ joining ──Welcome, full snapshot──▶ ready ──▶ the connection takes the socket
 *     │           sends Hello     │
 *     └─── closes, or another seat ┴──▶ failed
 * ```
 */

import { DecodeError } from './bytes.js';
import { closeReason } from './close.js';
import { Tick } from './units.js';

/**
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 */

/** Time without a message after which the first socket counts as silent: ticks that it has not delivered are skipped. */
const SILENT_MS = 500;
/** Time for the second socket to open and to deliver the first snapshot. */
const OPENING_MS_MAX = 8000;

/** A session that moves to another socket. */
export class Handover {
  #seat;
  #decodeServer;
  #startedAt;
  /** @type {(hasMoved: boolean) => void} */
  #resolve = () => {};
  /** The first tick on this socket. @type {number | null} */
  #firstTick = null;
  /** Whether the socket has been taken or closed. */
  #isOver = false;

  /**
   * @param {SocketLike} socket
   * @param {object} options
   * @param {Uint8Array} options.hello with the resume token of the seat
   * @param {number} options.player who has the seat
   * @param {(data: ArrayBuffer) => ServerMessage} options.decodeServer
   * @param {import('./codec.js').Viewport} options.viewport in the Hello
   * @param {number} options.now
   * @param {(welcome: Welcome) => void} options.onWelcome
   * @param {() => void} options.onProgress
   */
  constructor(socket, { hello, player, decodeServer, viewport, now, onWelcome, onProgress }) {
    this.socket = socket;
    this.#seat = { player, onWelcome };
    this.#decodeServer = decodeServer;
    this.#startedAt = now;
    this.viewport = viewport;
    /** Whether the session has moved. @type {Promise<boolean>} */
    this.result = new Promise((resolve) => { this.#resolve = resolve; });
    /** @type {Welcome | null} */
    this.welcome = null;
    /** Messages after the Welcome, in order. @type {ArrayBuffer[]} */
    this.messages = [];
    /** Whether the session cannot move. The socket is closed then. */
    this.hasFailed = false;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => socket.send(hello);
    socket.onmessage = ({ data }) => {
      this.#handleMessage(data);
      onProgress();
    };
    socket.onclose = () => {
      this.#fail();
      onProgress();
    };
  }

  /** @returns {boolean} whether the server may have given the seat to this socket */
  get hasJoined() {
    return this.welcome !== null;
  }

  /**
   * Whether the connection can continue with this socket.
   * @param {number | null} tick the newest tick of the first socket; `null` while it waits for a full snapshot
   * @param {number} silentMs time since the first socket has delivered a message
   * @returns {boolean}
   */
  isReady(tick, silentMs) {
    const first = this.#firstTick;
    return first !== null && (tick === null || Tick.since(first, tick) <= 1 || silentMs >= SILENT_MS);
  }

  /** Fails if the socket takes too long. @param {number} now */
  poll(now) {
    if (this.#firstTick === null && now - this.#startedAt > OPENING_MS_MAX) {
      this.#fail();
    }
  }

  /** Ends the handover: the socket belongs to the caller. @returns {SocketLike} */
  take() {
    this.#isOver = true;
    this.#resolve(true);
    return this.socket;
  }

  /** Closes the socket. @param {number} [code] @param {string} [text] */
  close(code, text) {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#resolve(false);
      this.socket.onclose = null;
      this.socket.close(code, text);
    }
  }

  /** @param {unknown} data */
  #handleMessage(data) {
    if (this.#isOver || !(data instanceof ArrayBuffer)) {
      return;
    }
    if (this.#firstTick !== null) {
      this.messages.push(data);
      return;
    }
    try {
      this.#handleFirst(this.#decodeServer(data), data);
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        throw error;
      }
      this.#fail(4002);
    }
  }

  /** Handles a message up to the first snapshot. @param {ServerMessage} message @param {ArrayBuffer} data */
  #handleFirst(message, data) {
    if (message.kind === 'welcome') {
      const { seat } = message;
      if (seat?.resumed !== true || seat.player !== this.#seat.player) {
        this.#fail(1000);
        return;
      }
      this.welcome = message;
      this.#seat.onWelcome(message);
      return;
    }
    this.messages.push(data);
    this.#firstTick = message.kind === 'snapshot' ? message.header.full : null;
  }

  /** @param {number} [code] the close code to send, if any */
  #fail(code) {
    this.hasFailed = true;
    this.close(code, code === undefined ? undefined : closeReason(code).text);
  }
}
