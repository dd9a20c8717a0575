// @ts-check
/**
 * Opens a WebSocket and, where a proxy blocks it, falls back to HTTP.
 *
 * A WebSocket counts as blocked if it cannot be opened (it closes before it opens, or does not open in time) but the
 * server answers over HTTP, or if it opens but is lost before a message arrives. For `RETRY_WEBSOCKET_MS`, sockets then use
 * HTTP. The next socket after that time tries a WebSocket again.
 */

import { HttpSocket } from './http_socket.js';

/**
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 * @typedef {import('./connection_options.js').TransportName} TransportName
 *
 * @typedef {import('./http_socket.js').HttpEnvironment & {
 *   openWebSocket: (url: string, protocol: string) => SocketLike,
 * }} FallbackEnvironment
 */

const CLOSED = 3;
const LOST = 1006;
/** Time for a WebSocket to open. */
const WEBSOCKET_MS_MAX = 4000;
/** Time after which a WebSocket is tried again. */
export const RETRY_WEBSOCKET_MS = 5 * 60_000;

/**
 * An attempt to open a WebSocket.
 * @typedef {object} Attempt
 * @property {(() => void) | null} expire called when the time to open is over; `null` once it has opened or closed
 */

/**
 * A function of its own, so that the timer does not keep the socket in memory after it was closed.
 * @param {FallbackEnvironment} environment
 * @param {Attempt} attempt
 */
function expireLater(environment, attempt) {
  environment.schedule(() => attempt.expire?.(), WEBSOCKET_MS_MAX);
}

/** What is known about the network: shared by all sockets of a page. */
export class TransportMemory {
  /** @param {boolean} [usesHttp] whether to use only HTTP, for tests and for users who ask for it */
  constructor(usesHttp = false) {
    this.blockedUntil = usesHttp ? Infinity : -Infinity;
    /** Options of the next `HttpSocket`. */
    this.http = { mayStream: true };
  }

  /** @param {number} now */
  handleBlocked(now) {
    this.blockedUntil = Math.max(this.blockedUntil, now + RETRY_WEBSOCKET_MS);
  }

  /** The server cannot be reached over HTTP either, so nothing shows that WebSocket is blocked. */
  handleUnreachable() {
    this.blockedUntil = this.blockedUntil === Infinity ? Infinity : -Infinity;
  }
}

/** A WebSocket, or an `HttpSocket` in its place. @implements {SocketLike} */
export class FallbackSocket {
  #url;
  #environment;
  #memory;
  /** @type {SocketLike} */
  #socket;
  #hasReceived = false;
  #isClosed = false;

  /**
   * @param {string} url
   * @param {string} protocol
   * @param {TransportMemory} memory
   * @param {FallbackEnvironment} environment
   */
  constructor(url, protocol, memory, environment) {
    this.#url = url;
    this.#environment = environment;
    this.#memory = memory;
    this.binaryType = 'arraybuffer';
    /** @type {SocketLike['onopen']} */
    this.onopen = null;
    /** @type {SocketLike['onmessage']} */
    this.onmessage = null;
    /** @type {SocketLike['onclose']} */
    this.onclose = null;
    this.#socket = environment.now() < memory.blockedUntil ? this.#openHttp() : this.#openWebSocket(protocol);
  }

  /** @returns {number} */
  get readyState() {
    return this.#isClosed ? CLOSED : this.#socket.readyState;
  }

  /** @returns {TransportName} */
  get transport() {
    return this.#socket.transport ?? 'websocket';
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    this.#socket.send(bytes);
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    this.#isClosed = true;
    this.#socket.close(code, reason);
  }

  /** @param {string} protocol @returns {SocketLike} */
  #openWebSocket(protocol) {
    const socket = this.#environment.openWebSocket(this.#url, protocol);
    let hasOpened = false;
    /** @type {Attempt} */
    const attempt = {
      expire: () => {
        if (!this.#isClosed) this.#fallBack(socket);
      },
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = (event) => {
      hasOpened = true;
      attempt.expire = null;
      this.onopen?.(event);
    };
    socket.onmessage = (event) => {
      this.#hasReceived = true;
      this.onmessage?.(event);
    };
    socket.onclose = (event) => {
      attempt.expire = null;
      if (hasOpened || this.#isClosed || event.code !== LOST) {
        this.#handleClose(event, hasOpened);
      } else {
        this.#fallBack(socket);
      }
    };
    expireLater(this.#environment, attempt);
    return socket;
  }

  /** @param {{code: number}} event @param {boolean} hasOpened */
  #handleClose(event, hasOpened) {
    if (hasOpened && !this.#hasReceived && event.code === LOST) {
      this.#memory.handleBlocked(this.#environment.now());
    }
    this.onclose?.(event);
  }

  /** @param {SocketLike} webSocket */
  #fallBack(webSocket) {
    webSocket.onopen = null;
    webSocket.onmessage = null;
    webSocket.onclose = null;
    webSocket.close();
    this.#socket = this.#openHttp();
  }

  /** @returns {SocketLike} */
  #openHttp() {
    const socket = new HttpSocket(this.#url, this.#environment, this.#memory.http);
    let hasOpened = false;
    socket.onopen = (event) => {
      hasOpened = true;
      if (this.#environment.now() >= this.#memory.blockedUntil) {
        this.#memory.handleBlocked(this.#environment.now());
      }
      this.onopen?.(event);
    };
    socket.onmessage = (event) => this.onmessage?.(event);
    socket.onclose = (event) => {
      if (!hasOpened) {
        this.#memory.handleUnreachable();
      }
      this.onclose?.(event);
    };
    return socket;
  }
}
