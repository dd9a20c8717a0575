// @ts-check
/**
 * A session over WebTransport, with the interface of a WebSocket: Inputs are sent in datagrams, snapshots arrive in
 * datagrams, and all other messages use one stream. `ClientLink` delivers them in order.
 */

import { DecodeError } from './bytes.js';
import { ClientLink, isDelta } from './datagram_link.js';
import { RecordReader, messageRecord } from './records.js';

/**
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 *
 * @typedef {object} Transport the part of the WebTransport interface that a socket uses
 * @property {Promise<unknown>} ready
 * @property {Promise<{closeCode?: number}>} closed
 * @property {{readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>}} datagrams
 * @property {() => Promise<{readable: ReadableStream<Uint8Array>, writable: WritableStream<Uint8Array>}>}
 *   createBidirectionalStream
 * @property {(info?: {closeCode?: number, reason?: string}) => void} close
 *
 * @typedef {object} Environment
 * @property {() => number} now returns the time of a monotonic clock, in milliseconds
 * @property {(run: () => void, ms: number) => unknown} schedule runs a function after a delay
 * @property {() => boolean} [isLost] whether to drop the next datagram, to simulate loss
 */

const CONNECTING = 0;
const OPEN = 1;
const CLOSED = 3;
/** The first bytes of the messages that are not sent over the stream. */
const INPUT = 1;
const ACKNOWLEDGE = 2;
/** Interval at which an Input is repeated if nothing arrives. */
const REPEAT_MS = 30;
/** Age of the oldest unacknowledged tick at which an acknowledgement is sent. The next tick may arrive some time later. */
const ACKNOWLEDGE_MS = 65;
/** The code of a connection that ended without a close code. */
const CONNECTION_LOST = 1006;
/** The close code of an invalid message. */
const INVALID_MESSAGE = 4002;

/** @implements {SocketLike} */
export class DatagramSocket {
  #environment;
  #link = new ClientLink();
  /** @type {Transport | null} */
  #transport = null;
  /** @type {WritableStreamDefaultWriter<Uint8Array> | null} */
  #stream = null;
  /** @type {WritableStreamDefaultWriter<Uint8Array> | null} */
  #datagrams = null;
  #sentAt = 0;
  #isRepeating = false;

  /** @param {Promise<Transport>} transport @param {Environment} environment */
  constructor(transport, environment) {
    this.#environment = environment;
    this.binaryType = 'arraybuffer';
    /** @type {'datagrams'} */
    this.transport = 'datagrams';
    /** @type {import('./connection_options.js').DatagramCounts} */
    this.counts = { ticks: 0, datagrams: 0 };
    this.readyState = CONNECTING;
    /** @type {SocketLike['onopen']} */
    this.onopen = null;
    /** @type {SocketLike['onmessage']} */
    this.onmessage = null;
    /** @type {SocketLike['onclose']} */
    this.onclose = null;
    this.#run(transport);
  }

  /** Sends a message, or drops it if the socket is not open. @param {Uint8Array} bytes */
  send(bytes) {
    if (this.readyState !== OPEN) {
      return;
    }
    if (bytes[0] === INPUT) {
      const spilled = this.#link.push(bytes);
      if (spilled !== null) {
        this.#write(spilled);
      }
      this.#sendDatagram();
      this.#scheduleRepetition();
    } else if (bytes[0] === ACKNOWLEDGE) {
      this.#sendDatagram();
    } else {
      this.#write(bytes);
    }
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code = 0, reason = '') {
    if (this.readyState !== CLOSED) {
      this.#transport?.close({ closeCode: code, reason });
      this.#handleClosed(code === 0 ? CONNECTION_LOST : code);
    }
  }

  /** @param {Promise<Transport>} connecting */
  async #run(connecting) {
    try {
      const transport = await connecting;
      await transport.ready;
      const stream = await transport.createBidirectionalStream();
      if (this.readyState === CLOSED) {
        transport.close();
        return;
      }
      this.#transport = transport;
      this.#stream = stream.writable.getWriter();
      this.#datagrams = transport.datagrams.writable.getWriter();
      this.readyState = OPEN;
      this.onopen?.({});
      this.#readStream(stream.readable);
      this.#readDatagrams(transport.datagrams.readable);
      const { closeCode } = await transport.closed;
      this.#handleClosed(closeCode || CONNECTION_LOST);
    } catch {
      this.#handleClosed(CONNECTION_LOST);
    }
  }

  /** @param {ReadableStream<Uint8Array>} readable */
  async #readStream(readable) {
    const records = new RecordReader();
    await this.#readAll(readable, (chunk) => {
      for (const record of records.push(chunk)) {
        if (record.kind === 'message') {
          this.#deliver(this.#link.handleStream(record.bytes));
        } else if (record.kind === 'close') {
          this.#handleClosed(record.code);
        }
      }
    });
  }

  /** @param {ReadableStream<Uint8Array>} readable */
  async #readDatagrams(readable) {
    await this.#readAll(readable, (datagram) => {
      if (!this.#isLost()) {
        this.counts.datagrams += 1;
        this.#deliver(this.#link.handleDatagram(datagram));
      }
    });
  }

  /**
   * Handles all chunks of a stream.
   * @param {ReadableStream<Uint8Array>} readable
   * @param {(chunk: Uint8Array) => void} handle
   */
  async #readAll(readable, handle) {
    const reader = readable.getReader();
    try {
      for (let { value } = await reader.read(); value !== undefined; { value } = await reader.read()) {
        handle(value);
        this.#pollDatagram();
      }
    } catch (error) {
      // Any other error means that the connection has ended: then `closed` is settled, too.
      if (error instanceof DecodeError) {
        this.#transport?.close({ closeCode: INVALID_MESSAGE, reason: 'invalid message' });
        this.#handleClosed(INVALID_MESSAGE);
      }
    }
  }

  /** @param {Uint8Array[]} messages */
  #deliver(messages) {
    for (const message of messages) {
      if (this.readyState === OPEN) {
        this.counts.ticks += isDelta(message) ? 1 : 0;
        this.onmessage?.({ data: message.slice().buffer });
      }
    }
  }

  /** Sends a datagram if one is due. */
  #pollDatagram() {
    const isLate = this.#link.unacknowledgedTicks > 0 && this.#environment.now() - this.#sentAt >= ACKNOWLEDGE_MS;
    if (this.readyState === OPEN && (isLate || this.#link.isDatagramDue(Infinity))) {
      this.#sendDatagram();
    }
  }

  #scheduleRepetition() {
    if (this.#isRepeating) {
      return;
    }
    this.#isRepeating = true;
    this.#environment.schedule(() => {
      this.#isRepeating = false;
      if (this.readyState === OPEN && this.#link.repeats) {
        if (this.#environment.now() - this.#sentAt >= REPEAT_MS) {
          this.#sendDatagram();
        }
        this.#scheduleRepetition();
      }
    }, REPEAT_MS);
  }

  #sendDatagram() {
    this.#sentAt = this.#environment.now();
    const datagram = this.#link.writeDatagram();
    if (!this.#isLost()) {
      ignoreFailure(this.#datagrams?.write(datagram));
    }
  }

  /** @returns {boolean} whether to drop a datagram */
  #isLost() {
    return this.#environment.isLost?.() ?? false;
  }

  /** Writes a message to the stream. @param {Uint8Array} message */
  #write(message) {
    ignoreFailure(this.#stream?.write(messageRecord(message)));
  }

  /** @param {number} code */
  #handleClosed(code) {
    if (this.readyState !== CLOSED) {
      this.readyState = CLOSED;
      this.onclose?.({ code });
    }
  }
}

/**
 * A failed write means that the connection has ended: `closed` is settled then.
 * @param {Promise<void> | undefined} written
 */
function ignoreFailure(written) {
  written?.catch(() => {});
}
