// @ts-check
// What came over the last few seconds, taken apart.

import { Breakdown } from '../../netcode/index.js';

/** How far back it reaches. */
const WINDOW_MS = 4000;

/** @typedef {import('../../netcode/connection.js').Received} Received */

/** The traffic of a connection, while somebody looks. */
export class Traffic {
  /** @param {number} nowMs */
  constructor(nowMs) {
    this.sinceMs = nowMs;
    /** @type {Received[]} */
    this.received = [];
  }

  /** @param {Received} received */
  add(received) {
    this.received.push(received);
  }

  /**
   * What came in the last few seconds, and how many seconds that were.
   * @param {number} nowMs
   * @returns {{breakdown: Breakdown, seconds: number}}
   */
  recent(nowMs) {
    this.received = this.received.filter(({ at }) => nowMs - at <= WINDOW_MS);
    const breakdown = new Breakdown();
    for (const received of this.received) if (received.breakdown) breakdown.add(received.breakdown);
    return { breakdown, seconds: Math.min(nowMs - this.sinceMs, WINDOW_MS) / 1000 };
  }
}
