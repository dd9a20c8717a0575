// @ts-check
/**
 * The HTTP fallback: a session in the bodies of HTTP requests and responses, with the interface of a WebSocket.
 *
 * ```text
 * POST open ──▶ GET stream ──first record arrives in time──▶ streaming
 *                    └── a proxy buffers the response ──▶ GET poll, GET poll, … (long polling)
 * ```
 * Meanwhile, up to three `POST send` at a time carry the client's messages, numbered in order.
 */

import { DecodeError } from './bytes.js';
import { RecordReader, closeRecord, messageRecord, takeBatch } from './records.js';

/**
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 *
 * @typedef {object} HttpEnvironment
 * @property {(url: string, init: RequestInit) => Promise<Response>} request `fetch`
 * @property {() => number} now returns the time of a monotonic clock, in milliseconds
 * @property {(run: () => void, ms: number) => unknown} schedule runs a function after a delay
 */

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;

/** Time for the first record of a stream to arrive. After this time, a proxy is assumed to buffer streams. */
const STREAM_MS_MAX = 1500;
/** Maximum number of simultaneous `send` requests. Browsers open six connections to a server, and the stream needs one. */
const SENDS_MAX = 3;
/** How often a request is repeated if its response is lost. */
const RETRIES = 2;
const RETRY_DELAY_MS = 200;
/** Time for a close record to arrive after the server has refused a request of the session. */
const CLOSE_RECORD_MS_MAX = 500;

/** Close codes for the statuses with which the server refuses to open a session. */
const REFUSALS = new Map([[429, 4012], [503, 4011]]);
/** The reason with which a server that shuts down refuses to open a session, and the close code for it. */
const [SHUTTING_DOWN_TEXT, SHUTTING_DOWN] = ['the server is shutting down', 1012];
const LOST = 1006;
const NO_CODE = 1005;
const INVALID_MESSAGE = 4002;

/** A request that the server has refused. */
class RefusedRequest extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`HTTP status ${status}`);
    this.status = status;
  }
}

/** A session in the bodies of HTTP requests and responses. @implements {SocketLike} */
export class HttpSocket {
  #environment;
  /** URL of the session; empty before it is open. */
  #session = '';
  #abort = new AbortController();
  #reader = new RecordReader();
  /** Records to send. @type {Uint8Array[]} */
  #queue = [];
  #sequence = 0;
  #sends = 0;
  #isFlushScheduled = false;

  /**
   * @param {string} url URL of the WebSocket endpoint
   * @param {HttpEnvironment} environment
   * @param {{mayStream: boolean}} [options] whether to try a stream before polling. Set to false when a stream was buffered
   */
  constructor(url, environment, options = { mayStream: true }) {
    this.#environment = environment;
    this.options = options;
    this.binaryType = 'arraybuffer';
    this.readyState = CONNECTING;
    /** @type {'httpStream' | 'httpPoll'} */
    this.transport = 'httpStream';
    /** @type {SocketLike['onopen']} */
    this.onopen = null;
    /** @type {SocketLike['onmessage']} */
    this.onmessage = null;
    /** @type {SocketLike['onclose']} */
    this.onclose = null;
    void this.#run(url);
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    if (this.readyState === OPEN) {
      this.#queue.push(messageRecord(bytes));
      this.#scheduleFlush();
    }
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code = NO_CODE, reason = '') {
    if (this.readyState === OPEN) {
      this.#queue.push(closeRecord(code, reason));
      this.#flush({ keepalive: true });
    }
    this.#finish(code);
  }

  /** @param {string} url */
  async #run(url) {
    try {
      await this.#open(url);
      if (this.#isClosed()) {
        return; // Closed meanwhile. The server closes a session that sends no Hello.
      }
      const stream = this.options.mayStream ? await this.#openStream() : null;
      if (this.#isClosed()) {
        return;
      }
      this.options.mayStream = stream !== null;
      this.transport = stream === null ? 'httpPoll' : 'httpStream';
      this.readyState = OPEN;
      this.onopen?.({});
      await (stream === null ? this.#poll() : this.#read(stream));
      this.#finish(LOST);
    } catch (error) {
      if (error instanceof DecodeError) {
        this.close(INVALID_MESSAGE);
      } else {
        this.#fail(error);
      }
    }
  }

  /** Opens a session. @param {string} url */
  async #open(url) {
    const open = new URL(url);
    open.protocol = open.protocol === 'wss:' || open.protocol === 'https:' ? 'https:' : 'http:';
    open.pathname = open.pathname.replace(/ws$/, 'http/open');
    const response = await this.#environment.request(open.href, { method: 'POST', signal: this.#abort.signal });
    if (!response.ok) {
      const isShuttingDown = (await response.text()).includes(SHUTTING_DOWN_TEXT);
      this.#finish(isShuttingDown ? SHUTTING_DOWN : REFUSALS.get(response.status) ?? LOST);
      return;
    }
    const id = await response.text();
    open.search = '';
    this.#session = open.href.replace(/open$/, id.trim());
  }

  /**
   * Opens a stream, and waits for its first record.
   * @returns {Promise<AsyncIterator<Uint8Array> | null>} the rest of the stream; `null` if a proxy buffers it
   */
  async #openStream() {
    const { signal } = this.#abort;
    const opened = this.#environment.request(`${this.#session}/stream`, { signal, cache: 'no-store' }).then(firstPiece);
    const stream = await Promise.race([opened, this.#delay(STREAM_MS_MAX)]).catch(() => null);
    if (stream === null) {
      opened.then((late) => late?.reader.cancel()).catch(() => {});
      return null;
    }
    this.#handle(stream.first);
    return pieces(stream.reader);
  }

  /** @param {AsyncIterator<Uint8Array>} stream */
  async #read(stream) {
    for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
      this.#handle(next.value);
    }
  }

  async #poll() {
    for (let after = 0; !this.#isClosed();) {
      const records = await this.#retry(async () => {
        const response = await this.#request(`poll?after=${after}`, { cache: 'no-store' });
        return response.status === 200 ? response.arrayBuffer() : null;
      });
      if (records !== null) {
        after += 1;
        this.#handle(new Uint8Array(records));
      }
    }
  }

  /** @param {Uint8Array} piece */
  #handle(piece) {
    for (const record of this.#reader.push(piece)) {
      if (this.#isClosed()) {
        return;
      }
      if (record.kind === 'message') {
        this.onmessage?.({ data: record.bytes.buffer });
      } else if (record.kind === 'close') {
        this.#finish(record.code);
      }
    }
  }

  /** Sends the messages of the current task in one batch. */
  #scheduleFlush() {
    if (!this.#isFlushScheduled) {
      this.#isFlushScheduled = true;
      void Promise.resolve().then(() => {
        this.#isFlushScheduled = false;
        this.#flush();
      });
    }
  }

  /** @param {RequestInit} [init] `keepalive`: completes the request even if the page is left */
  #flush(init = {}) {
    if (this.#queue.length > 0 && this.#sends < SENDS_MAX && this.#session !== '') {
      const body = takeBatch(this.#sequence, this.#queue);
      this.#sequence += 1;
      this.#sends += 1;
      void this.#send({ ...init, method: 'POST', body });
    }
  }

  /** @param {RequestInit} init */
  async #send(init) {
    try {
      // Without the abort signal: the close record is sent when the socket is already closed.
      await this.#retry(() => this.#request('send', { ...init, signal: null }));
    } catch (error) {
      this.#fail(error);
    }
    this.#sends -= 1;
    this.#flush();
  }

  /** @param {string} action @param {RequestInit} init @returns {Promise<Response>} */
  async #request(action, init) {
    return check(await this.#environment.request(`${this.#session}/${action}`, { signal: this.#abort.signal, ...init }));
  }

  /**
   * Repeats a request whose response was lost.
   * @template T
   * @param {() => Promise<T>} request
   * @returns {Promise<T>}
   */
  async #retry(request) {
    for (let left = RETRIES; ; left -= 1) {
      try {
        return await request();
      } catch (error) {
        if (left === 0 || this.#isClosed() || error instanceof RefusedRequest) {
          throw error;
        }
        await this.#delay(RETRY_DELAY_MS);
      }
    }
  }

  /** @param {number} ms @returns {Promise<null>} */
  #delay(ms) {
    return new Promise((resolve) => void this.#environment.schedule(() => resolve(null), ms));
  }

  /** @returns {boolean} */
  #isClosed() {
    return this.readyState === CLOSED;
  }

  /** Ends the session after a failed request. @param {unknown} error */
  #fail(error) {
    if (error instanceof RefusedRequest) {
      // The server has closed the session, and the close record may still be on its way.
      this.#environment.schedule(() => this.#finish(LOST), CLOSE_RECORD_MS_MAX);
    } else {
      this.#finish(LOST);
    }
  }

  /** @param {number} code */
  #finish(code) {
    if (!this.#isClosed()) {
      this.readyState = CLOSED;
      this.#abort.abort();
      void Promise.resolve().then(() => this.onclose?.({ code })); // As with a WebSocket, never within `close`.
    }
  }
}

/** @param {Response} response @returns {Response} */
function check(response) {
  if (!response.ok) {
    throw new RefusedRequest(response.status);
  }
  return response;
}

/**
 * @param {Response} response
 * @returns {Promise<{reader: ReadableStreamDefaultReader<Uint8Array>, first: Uint8Array} | null>}
 */
async function firstPiece(response) {
  const reader = check(response).body?.getReader();
  const first = await reader?.read();
  return reader === undefined || first?.value === undefined ? null : { reader, first: first.value };
}

/** @param {ReadableStreamDefaultReader<Uint8Array>} reader @returns {AsyncGenerator<Uint8Array>} */
async function* pieces(reader) {
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      return;
    }
    yield value;
  }
}
