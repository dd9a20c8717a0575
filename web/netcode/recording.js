// @ts-check
/** A recording of the last seconds of a connection, which can be played again. */

import { Tick } from './units.js';

/**
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./replica.js').Replica} Replica
 *
 * @typedef {object} Part
 * @property {Replica} start the state before the first snapshot
 * @property {Snapshot[]} snapshots in order, one per tick
 * @property {number} bytes total size of the snapshots as received
 *
 * @typedef {object} Take a piece of a recording
 * @property {Replica} replica the state at the beginning
 * @property {Snapshot[]} snapshots the snapshots after that, in order, one per tick
 */

/** Number of parts of a recording of full length. More parts need more copies of the state, but fewer old snapshots. */
const PARTS = 4;
/** Maximum size of the snapshots, up to half more: far more than a fight of 100 ships takes. Beyond it, less is kept. */
const BYTES_MAX = 1 << 20;

/**
 * A sequence of parts. Each part contains a copy of the state at its beginning, and the snapshots after that. When the
 * newest parts alone have the required length, the oldest part is dropped.
 */
export class Recording {
  #ticks;
  /** @type {Part[]} oldest first */
  #parts = [];

  /** @param {number} ticks the length of the recording. Up to a quarter more is kept */
  constructor(ticks) {
    this.#ticks = ticks;
  }

  /** @param {number} seconds @param {number} tickRate @returns {Recording | null} `null` for 0 s */
  static ofSeconds(seconds, tickRate) {
    return seconds > 0 ? new Recording(seconds * tickRate) : null;
  }

  /**
   * Records a snapshot. A full snapshot discards everything before it.
   * @param {Replica} replica which has applied the snapshot
   * @param {Snapshot} snapshot
   * @param {number} bytes size of the snapshot as received
   */
  push(replica, snapshot, bytes) {
    const last = this.#parts.at(-1);
    if (snapshot.header.full !== null || last === undefined) {
      this.#parts = [{ start: replica.clone(), snapshots: [], bytes: 0 }];
      return;
    }
    last.snapshots.push(snapshot);
    last.bytes += bytes;
    if (last.snapshots.length >= this.#ticks / PARTS || last.bytes >= BYTES_MAX / PARTS) {
      this.#parts.push({ start: replica.clone(), snapshots: [], bytes: 0 });
      this.#dropOldParts();
    }
  }

  /**
   * Returns the part of the recording that begins at a tick, or the whole recording if the tick is older.
   * @param {number} tick
   * @returns {Take | null} `null` if nothing is recorded
   */
  from(tick) {
    const isOlder = (/** @type {Part} */ { start }) => start.tick !== null && !Tick.isNewerThan(start.tick, tick);
    const first = Math.max(this.#parts.findLastIndex(isOlder), 0);
    if (this.#parts[first] === undefined) {
      return null;
    }
    const replica = this.#parts[first].start.clone();
    const snapshots = this.#parts.slice(first).flatMap((part) => part.snapshots);
    const skipped = Math.min(Math.max(Tick.since(tick, replica.tick ?? tick), 0), snapshots.length);
    snapshots.splice(0, skipped).forEach((snapshot) => replica.apply(snapshot));
    return { replica, snapshots };
  }

  #dropOldParts() {
    const isEnough = (/** @type {Part[]} */ parts) => (
      parts.reduce((sum, { snapshots }) => sum + snapshots.length, 0) >= this.#ticks
        || parts.reduce((sum, { bytes }) => sum + bytes, 0) > BYTES_MAX
    );
    while (isEnough(this.#parts.slice(1))) {
      this.#parts.shift();
    }
  }
}
