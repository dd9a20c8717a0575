// @ts-check
// Size of the snapshots of the last few seconds.

import { Breakdown } from '../../netcode/index.js';

/** Length of the window. */
const WINDOW_MS = 4000;

/** @typedef {import('../../netcode/index.js').SnapshotInfo} SnapshotInfo */

/** A sliding window of snapshots. */
export class Traffic {
  /** @param {number} nowMs */
  constructor(nowMs) {
    this.sinceMs = nowMs;
    /** @type {SnapshotInfo[]} */
    this.snapshots = [];
  }

  /** @param {SnapshotInfo} snapshot */
  add(snapshot) {
    this.snapshots.push(snapshot);
  }

  /**
   * The total breakdown of the snapshots in the window, and the duration of the window.
   * @param {number} nowMs
   * @returns {{breakdown: Breakdown, seconds: number}}
   */
  recent(nowMs) {
    this.snapshots = this.snapshots.filter(({ at }) => nowMs - at <= WINDOW_MS);
    const breakdown = new Breakdown();
    for (const snapshot of this.snapshots) if (snapshot.breakdown) breakdown.add(snapshot.breakdown);
    return { breakdown, seconds: Math.min(nowMs - this.sinceMs, WINDOW_MS) / 1000 };
  }
}
