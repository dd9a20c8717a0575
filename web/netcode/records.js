// @ts-check
/** Records: messages in the bodies of HTTP requests and responses. Mirrors the Rust `Record` and `Batch`. */

import { DecodeError } from './bytes.js';
import { SERVER_MESSAGE_BYTES_MAX } from './codec.js';

const HEADER_BYTES = 5;
const CLOSE_BYTES_MAX = 125;
const MESSAGE = 1;
const CLOSE = 2;

/** Limits of a batch. */
export const BATCH_BYTES_MAX = 16 * 1024;
export const BATCH_RECORDS_MAX = 64;

/**
 * @typedef {{kind: 'message', bytes: Uint8Array<ArrayBuffer>}} MessageRecord
 * @typedef {{kind: 'close', code: number, text: string}} CloseRecord
 * @typedef {{kind: 'heartbeat'} | MessageRecord | CloseRecord} ServerRecord
 */

/** @param {Uint8Array} message @returns {Uint8Array} */
export function messageRecord(message) {
  return record(MESSAGE, message);
}

/** @param {number} code @param {string} text @returns {Uint8Array} */
export function closeRecord(code, text) {
  return record(CLOSE, Uint8Array.of(code & 0xff, code >> 8, ...new TextEncoder().encode(text)));
}

/** @param {number} kind @param {Uint8Array} payload @returns {Uint8Array} */
function record(kind, payload) {
  const bytes = new Uint8Array(HEADER_BYTES + payload.length);
  bytes[0] = kind;
  new DataView(bytes.buffer).setUint32(1, payload.length, true);
  bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/**
 * Takes as many records from the beginning of a queue as fit in a batch.
 * @param {number} sequence the number of the batch
 * @param {Uint8Array[]} queue
 * @returns {Uint8Array<ArrayBuffer>} the encoded batch
 */
export function takeBatch(sequence, queue) {
  let length = 4;
  let count = 0;
  while (count < Math.min(queue.length, BATCH_RECORDS_MAX) && length + queue[count].length <= BATCH_BYTES_MAX) {
    length += queue[count].length;
    count += 1;
  }
  const bytes = new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, sequence, true);
  let at = 4;
  for (const taken of queue.splice(0, count)) {
    bytes.set(taken, at);
    at += taken.length;
  }
  return bytes;
}

/** Decodes records that arrive in pieces. */
export class RecordReader {
  /** The beginning of a record whose other bytes have not arrived. @type {Uint8Array<ArrayBuffer>} */
  #incomplete = new Uint8Array(0);

  /**
   * @param {Uint8Array} piece
   * @returns {ServerRecord[]} the records that are complete
   * @throws {DecodeError} if the bytes are no records
   */
  push(piece) {
    const bytes = new Uint8Array(this.#incomplete.length + piece.length);
    bytes.set(this.#incomplete);
    bytes.set(piece, this.#incomplete.length);
    const view = new DataView(bytes.buffer);
    const records = [];
    let at = 0;
    while (bytes.length - at >= HEADER_BYTES) {
      const [kind, length] = [bytes[at], view.getUint32(at + 1, true)];
      checkHeader(kind, length);
      const end = at + HEADER_BYTES + length;
      if (end > bytes.length) {
        break;
      }
      records.push(decode(kind, bytes.slice(at + HEADER_BYTES, end)));
      at = end;
    }
    this.#incomplete = bytes.slice(at);
    return records;
  }
}

/** @param {number} kind @param {number} length */
function checkHeader(kind, length) {
  const lengthMax = [0, SERVER_MESSAGE_BYTES_MAX, CLOSE_BYTES_MAX][kind];
  if (lengthMax === undefined || length > lengthMax || (kind === CLOSE && length < 2)) {
    throw new DecodeError('malformed', 'invalid record');
  }
}

/** @param {number} kind @param {Uint8Array<ArrayBuffer>} payload @returns {ServerRecord} */
function decode(kind, payload) {
  switch (kind) {
    case MESSAGE:
      return { kind: 'message', bytes: payload };
    case CLOSE:
      return { kind: 'close', code: payload[0] | (payload[1] << 8), text: new TextDecoder().decode(payload.slice(2)) };
    default:
      return { kind: 'heartbeat' };
  }
}
