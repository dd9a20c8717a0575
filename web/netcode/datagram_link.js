// @ts-check
/**
 * A client's side of a connection with datagrams, as specified in PROTOCOL.md. It delivers the same sequence of messages as
 * a WebSocket, although datagrams are lost, duplicated and reordered. Performs no I/O and reads no clock.
 */

import { DecodeError, Reader, Writer } from './bytes.js';

/** First byte of a bundle. No other message begins with this byte. */
export const BUNDLE_TAG = 0x80;
/** Maximum size of a datagram in bytes. */
export const DATAGRAM_BYTES_MAX = 1000;

const HEADER_BYTES = 6;
/** Number of received bytes after which a client acknowledges at once, so that the server need not spill. */
const UNACKNOWLEDGED_BYTES_MAX = DATAGRAM_BYTES_MAX / 2;
/** The bit in the tags of snapshots, and the flag of a full one. */
const SNAPSHOT = 0x40;
const FULL = 0x01;

/**
 * @typedef {object} Bundle
 * @property {number} epoch
 * @property {number} acknowledged
 * @property {number} newest number of the first message
 * @property {Uint8Array[]} messages the newest first
 */

/** @param {number} a @param {number} b @returns {number} a − b for 16-bit numbers that wrap around */
const difference16 = (a, b) => ((a - b) << 16) >> 16;

/** @param {Uint8Array} bytes @returns {Bundle} @throws {DecodeError} */
export function decodeBundle(bytes) {
  const reader = new Reader(bytes);
  if (reader.byte() !== BUNDLE_TAG) {
    throw new DecodeError('malformed', 'not a bundle');
  }
  const bundle = { epoch: reader.byte(), acknowledged: reader.fixed16(), newest: reader.fixed16(), messages: [] };
  /** @type {Uint8Array[]} */
  const messages = bundle.messages;
  while (reader.remaining > 0) {
    const length = reader.u32();
    if (length === 0 || length > reader.remaining) {
      throw new DecodeError('malformed', 'invalid length of a message');
    }
    messages.push(reader.take(length));
  }
  return bundle;
}

/** @param {Uint8Array} message from the server @returns {boolean} whether it is a delta snapshot */
export const isDelta = (message) => message.length > 0 && (message[0] & (SNAPSHOT | FULL)) === SNAPSHOT;

/** @param {number} length @returns {number} the bytes that a message of this length occupies in a bundle */
const encodedBytes = (length) => length + (length <= 250 ? 1 : length <= 0xffff ? 3 : 5);

/** A client's side of one connection. */
export class ClientLink {
  #epoch = 0;
  /** Low half of the newest tick received. */
  #tick = 0;
  /** Number of the newest message pushed. */
  #newest = 0;
  /** The messages that are neither acknowledged nor spilled, the oldest first. @type {Uint8Array[]} */
  #messages = [];
  /** The newest datagram whose snapshots follow one that has not arrived yet. @type {Uint8Array | null} */
  #early = null;
  #unacknowledgedTicks = 0;
  #unacknowledgedBytes = 0;

  /** @returns {boolean} whether messages are repeated */
  get repeats() {
    return this.#messages.length > 0;
  }

  /** @returns {number} number of received ticks that no datagram has acknowledged yet */
  get unacknowledgedTicks() {
    return this.#unacknowledgedTicks;
  }

  /**
   * Handles a message of the stream.
   * @param {Uint8Array} message
   * @returns {Uint8Array[]} the messages that are delivered, in order
   */
  handleStream(message) {
    let delivered = [message];
    if (message[0] === BUNDLE_TAG) {
      const snapshots = this.#handleBundle(message);
      if (snapshots === null) {
        throw new DecodeError('malformed', 'a message is missing on the stream');
      }
      delivered = snapshots;
    } else {
      this.#handleFull(message);
    }
    const early = this.#early;
    this.#early = null;
    return early === null ? delivered : [...delivered, ...this.handleDatagram(early)];
  }

  /** @param {Uint8Array} datagram @returns {Uint8Array[]} the snapshots that are delivered, in order */
  handleDatagram(datagram) {
    const snapshots = this.#handleBundle(datagram);
    if (snapshots === null) {
      this.#early = datagram;
    }
    return snapshots ?? [];
  }

  /**
   * Adds a message that is repeated until the server acknowledges it.
   * @param {Uint8Array} message
   * @returns {Uint8Array | null} a bundle to send over the stream, of messages that do not fit into a datagram
   */
  push(message) {
    this.#newest = (this.#newest + 1) & 0xffff;
    this.#messages.push(message);
    let encoded = this.#messages.reduce((sum, { length }) => sum + encodedBytes(length), HEADER_BYTES);
    let count = 0;
    for (; encoded > DATAGRAM_BYTES_MAX; count += 1) {
      encoded -= encodedBytes(this.#messages[count].length);
    }
    if (count === 0) {
      return null;
    }
    const spilled = this.#messages.splice(0, count);
    return this.#encode(this.#newest - this.#messages.length, spilled);
  }

  /**
   * Whether to send a datagram although there is no new message.
   * @param {number} intervalTicks number of ticks after which an acknowledgement is due: at most 100 ms
   * @returns {boolean}
   */
  isDatagramDue(intervalTicks) {
    const isLate = this.#unacknowledgedTicks >= intervalTicks;
    return this.repeats || isLate || this.#unacknowledgedBytes >= UNACKNOWLEDGED_BYTES_MAX;
  }

  /** @returns {Uint8Array} the datagram to send: an acknowledgement, and all messages that are repeated */
  writeDatagram() {
    this.#unacknowledgedTicks = 0;
    this.#unacknowledgedBytes = 0;
    return this.#encode(this.#newest, this.#messages);
  }

  /** Begins a new epoch if the message is a full snapshot. @param {Uint8Array} message */
  #handleFull(message) {
    if (message.length === 0 || (message[0] & SNAPSHOT) === 0) {
      return;
    }
    if ((message[0] & FULL) === 0) {
      throw new DecodeError('malformed', 'a delta snapshot outside of a bundle');
    }
    this.#tick = new Reader(message.subarray(1)).u32() & 0xffff;
    this.#epoch = (this.#epoch + 1) & 0xff;
    this.#recordArrival(message);
  }

  /** @param {Uint8Array} bytes @returns {Uint8Array[] | null} the new snapshots; `null` if one before them is missing */
  #handleBundle(bytes) {
    const { epoch, acknowledged, newest, messages } = decodeBundle(bytes);
    this.#handleAcknowledgement(acknowledged);
    const epochs = ((epoch - this.#epoch) << 24) >> 24;
    if (epochs !== 0) {
      return epochs > 0 ? null : [];
    }
    const missing = difference16(newest, this.#tick);
    if (missing <= 0) {
      return [];
    }
    if (messages.length < missing) {
      return null;
    }
    this.#tick = newest;
    const fresh = messages.slice(0, missing).reverse();
    fresh.forEach((snapshot) => this.#recordArrival(snapshot));
    return fresh;
  }

  /** @param {number} acknowledged number of the newest message that the server has received */
  #handleAcknowledgement(acknowledged) {
    const newer = difference16(this.#newest, acknowledged);
    if (newer < 0) {
      throw new DecodeError('malformed', 'acknowledges a message that was not sent');
    }
    this.#messages.splice(0, Math.max(this.#messages.length - newer, 0));
  }

  /** @param {Uint8Array} snapshot */
  #recordArrival(snapshot) {
    this.#unacknowledgedTicks += 1;
    this.#unacknowledgedBytes += snapshot.length;
  }

  /** @param {number} newest @param {Uint8Array[]} messages the oldest first @returns {Uint8Array} */
  #encode(newest, messages) {
    const writer = new Writer();
    writer.byte(BUNDLE_TAG);
    writer.byte(this.#epoch);
    writer.fixed16(this.#tick);
    writer.fixed16(newest & 0xffff);
    for (const message of [...messages].reverse()) {
      writer.u32(message.length);
      writer.bytes(message);
    }
    return writer.finish();
  }
}
