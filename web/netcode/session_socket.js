// @ts-check
/** The socket of a session, and the socket to which the session moves, if it does: see `Handover`. Reads no clock. */

/**
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 * @typedef {import('./handover.js').Handover} Handover
 *
 * @typedef {object} Handlers
 * @property {() => void} onOpen
 * @property {(data: unknown) => void} onMessage
 * @property {(code: number) => void} onClose
 * @property {(handover: Handover) => void} onMoved called when the session uses the other socket. The messages that have
 *   arrived on it follow
 */

/** `WebSocket.OPEN` */
const OPEN = 1;
/** The close code of a connection that was lost. */
const CONNECTION_LOST = 1006;
/** The close code of a connection whose seat another one has resumed. */
const SESSION_REPLACED = 4008;
/** Time for which the previous socket stays open, so that messages on the way arrive. The server closes it later. */
const LINGER_MS = 1000;

/** The socket of a session. */
export class SessionSocket {
  #handlers;
  /** @type {SocketLike | null} */
  #socket = null;
  /** @type {Handover | null} */
  #handover = null;
  /** @type {{socket: SocketLike, until: number} | null} */
  #previous = null;

  /** @param {Handlers} handlers */
  constructor(handlers) {
    this.#handlers = handlers;
  }

  /** @returns {SocketLike | null} the socket that the session uses */
  get current() {
    return this.#socket;
  }

  /** @returns {boolean} whether the session moves to another socket */
  get isMoving() {
    return this.#handover !== null;
  }

  /** Uses this socket. @param {SocketLike} socket */
  use(socket) {
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#handlers.onOpen();
    socket.onmessage = ({ data }) => this.#handlers.onMessage(data);
    socket.onclose = ({ code }) => this.#handleClose(code);
  }

  /**
   * Begins to move to another socket.
   * @param {Handover} handover
   * @returns {Promise<boolean>} whether the session has moved
   */
  moveTo(handover) {
    this.#handover = handover;
    return handover.result;
  }

  /** Sends a message, or drops it if the socket is not open. @param {Uint8Array} bytes */
  send(bytes) {
    if (this.#socket?.readyState === OPEN) {
      this.#socket.send(bytes);
    }
  }

  /** @param {number} [code] @param {string} [text] */
  close(code, text) {
    this.#handover?.close(code, text);
    this.#handover = null;
    this.#socket?.close(code, text);
    this.#closePrevious();
  }

  /**
   * Continues with the other socket if it is ready.
   * @param {number | null} tick the newest tick that was applied
   * @param {number} silentMs time since the last snapshot
   * @param {number} now
   */
  poll(tick, silentMs, now) {
    if (this.#previous !== null && now >= this.#previous.until) {
      this.#closePrevious();
    }
    const handover = this.#handover;
    handover?.poll(now);
    if (handover?.hasFailed) {
      this.#handover = null;
      if (handover.hasJoined) { // The server has given the seat to the other socket.
        this.#socket?.close();
        this.#handlers.onClose(CONNECTION_LOST);
      }
    } else if (handover?.isReady(tick, silentMs)) {
      this.#handover = null;
      this.#complete(handover, now);
    }
  }

  /** @param {Handover} handover @param {number} now */
  #complete(handover, now) {
    this.#closePrevious();
    const socket = this.#socket;
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      this.#previous = { socket, until: now + LINGER_MS };
    }
    this.use(handover.take());
    this.#handlers.onMoved(handover);
  }

  #closePrevious() {
    this.#previous?.socket.close();
    this.#previous = null;
  }

  /** @param {number} code */
  #handleClose(code) {
    const handover = this.#handover;
    if (handover?.hasJoined) {
      return;
    }
    this.#handover = null;
    handover?.close();
    // The server may have given the seat to the other socket, although no Welcome has arrived there.
    this.#handlers.onClose(handover !== null && code === SESSION_REPLACED ? CONNECTION_LOST : code);
  }
}
