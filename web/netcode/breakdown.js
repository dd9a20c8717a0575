// @ts-check
/** Why snapshots are as big as they are. Mirrors `src/bots/breakdown.rs` of the server. */

import { decodeServer } from './codec.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./entity.js').Entity} Entity
 *
 * @typedef {'header' | 'room' | 'steer' | 'patch' | `set_${Entity['kind']}` | 'remove'} Kind a kind of part: `room` is
 *   what the whole room is told, and `header` is all but the others, namely the first byte, the header's fields and the
 *   lengths of lists
 *
 * @typedef {{bytes: number, count: number}} Share what one kind of part took, and how many there were
 */

/**
 * Every kind there is, in the order of the report.
 * @type {readonly Kind[]}
 */
export const KINDS = Object.freeze(
  /** @type {Kind[]} */ (['header', 'room', 'steer', 'patch', 'set_ship', 'set_bullet', 'set_rock', 'set_orb', 'remove']),
);

/** How many bytes the parts of snapshots took, by kind of part. */
export class Breakdown {
  constructor() {
    /** How many snapshots were taken apart. */
    this.snapshots = 0;
    /** @type {Map<Kind, Share>} what was found in them; all kinds together are all their bytes */
    this.kinds = new Map(KINDS.map((kind) => [kind, { bytes: 0, count: 0 }]));
  }

  /** @returns {number} how long the snapshots were, together */
  get bytes() {
    return [...this.kinds.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** @param {Kind} kind @returns {Share} */
  share(kind) {
    return /** @type {Share} */ (this.kinds.get(kind));
  }

  /**
   * Reads a server message as `decodeServer` does, and takes it apart if it is a snapshot.
   * @param {Uint8Array | ArrayBuffer} bytes
   * @returns {ServerMessage}
   * @throws {import('./bytes.js').DecodeError} nothing is counted then
   */
  decode(bytes) {
    /** @type {[Kind, number][]} */
    const parts = [];
    const message = decodeServer(bytes, (part, size) => parts.push([kindOf(part), size]));
    if (message.kind === 'snapshot') {
      this.snapshots += 1;
      const rest = parts.reduce((left, [, size]) => left - size, bytes.byteLength);
      this.#count('header', rest, 1);
      parts.forEach(([kind, size]) => this.#count(kind, size, 1));
    }
    return message;
  }

  /** Adds what another one counted. @param {Breakdown} other */
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
    case 'set':
      return `set_${part.entity.kind}`;
    case 'steer':
    case 'patch':
    case 'remove':
      return part.kind;
    default:
      return 'room';
  }
}
