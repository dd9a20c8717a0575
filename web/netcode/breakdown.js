// @ts-check
/**
 * Measures how many bytes of snapshots are headers, room events, and changes of each kind. Mirrors the breakdown in the
 * report of the Rust load test.
 */

import { decodeServer } from './codec.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./entity.js').Entity} Entity
 *
 * @typedef {'header' | 'room' | 'controls' | 'patch' | `upsert_${Entity['kind']}` | 'despawn'} Kind a kind of part of a
 *   snapshot. `room` is a room event. `header` is everything outside the room events and changes: the tag byte, the fields
 *   before the lists, and the lengths of the lists. The other kinds are changes
 *
 * @typedef {{bytes: number, count: number}} Share total size and number of the parts of one kind
 */

/**
 * All kinds, in the order in which they are shown.
 * @type {readonly Kind[]}
 */
export const KINDS = Object.freeze(
  /** @type {Kind[]} */ ([
    'header', 'room', 'controls', 'patch', 'upsert_ship', 'upsert_bullet', 'upsert_rock', 'upsert_orb', 'despawn',
  ]),
);

/** Snapshot bytes by kind of part. */
export class Breakdown {
  constructor() {
    /** Number of snapshots counted. */
    this.snapshots = 0;
    /** @type {Map<Kind, Share>} the shares add up to the total size of the snapshots */
    this.kinds = new Map(KINDS.map((kind) => [kind, { bytes: 0, count: 0 }]));
  }

  /** @returns {number} the total size of the snapshots */
  get bytes() {
    return [...this.kinds.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @param {Kind} kind @returns {Share} */
  share(kind) {
    return /** @type {Share} */ (this.kinds.get(kind));
  }

  /**
   * Decodes a server message. If it is a snapshot, adds its parts to the breakdown.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @param {import('./game.js').Game['decodeServer']} [decode]
   * @returns {ServerMessage}
   * @throws {import('./bytes.js').DecodeError} if the message is invalid. Then nothing is added
   */
  decode(bytes, decode = decodeServer) {
    /** @type {[Kind, number][]} */
    const parts = [];
    const message = decode(bytes, (part, size) => parts.push([kindOf(part), size]));
    if (message.kind === 'snapshot') {
      this.snapshots += 1;
      const headerBytes = parts.reduce((left, [, size]) => left - size, bytes.byteLength);
      this.#count('header', headerBytes, 1);
      parts.forEach(([kind, size]) => this.#count(kind, size, 1));
    }
    return message;
  }

  /** Adds the counts of another breakdown. @param {Breakdown} other */
  add(other) {
    this.snapshots += other.snapshots;
    other.kinds.forEach(({ bytes, count }, kind) => this.#count(kind, bytes, count));
  }

  /** @param {Kind} kind @param {number} bytes @param {number} count */
  #count(kind, bytes, count) {
    const share = this.share(kind);
    share.bytes += bytes;
    share.count += count;
  }
}

/** @param {RoomEvent | Change} part @returns {Kind} */
function kindOf(part) {
  switch (part.kind) {
    case 'upsert':
      return `upsert_${part.entity.kind}`;
    case 'controls':
    case 'patch':
    case 'despawn':
      return part.kind;
    default:
      return 'room';
  }
}
