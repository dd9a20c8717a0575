// @ts-check
// What a connection received over the last few seconds, taken apart.

import { Breakdown } from '../../netcode/index.js';

/** How far back it reaches. */
const WINDOW_MS = 4000;

/** @typedef {{breakdown: Breakdown, fromMs: number, toMs: number}} Slice what came between two looks */

/** The traffic of a connection, while somebody looks. */
export class Traffic {
  /**
   * Starts to take snapshots apart.
   * @param {Pick<import('../../netcode/index.js').Connection, 'breakdown'>} connection
   * @param {number} nowMs
   */
  constructor(connection, nowMs) {
    this.connection = connection;
    this.lookedMs = nowMs;
    this.current = new Breakdown();
    /** @type {Slice[]} */
    this.slices = [];
    connection.breakdown = this.current;
  }

  /** Takes no more snapshots apart. */
  stop() {
    this.connection.breakdown = null;
  }

  /**
   * What came in the last few seconds, and how many seconds that were.
   * @param {number} nowMs
   * @returns {{breakdown: Breakdown, seconds: number}}
   */
  look(nowMs) {
    this.slices.push({ breakdown: this.current, fromMs: this.lookedMs, toMs: nowMs });
    this.slices = this.slices.filter(({ fromMs }) => nowMs - fromMs <= WINDOW_MS || fromMs === this.lookedMs);
    this.lookedMs = nowMs;
    this.current = new Breakdown();
    this.connection.breakdown = this.current;
    const breakdown = new Breakdown();
    for (const slice of this.slices) breakdown.add(slice.breakdown);
    return { breakdown, seconds: (nowMs - this.slices[0].fromMs) / 1000 };
  }
}
