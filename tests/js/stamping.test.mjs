// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Digest, Prediction, Replica, Tick, decodeServer } from '../../web/netcode/index.js';
import { clamp } from '../../web/netcode/units.js';
import { bytesOf, golden, sorted } from './golden.mjs';

const TARGET = 1;

/** The controller of the lead that PROTOCOL.md specifies in pseudo-code. It needs no clock, unlike the page's `Lead`. */
class TickLead {
  lead = 2;
  /** @type {number | null} */
  changedAt = null;
  /** @type {{reports: number, least: number, since: number} | null} */
  early = null;
  /** @type {number | null} */
  lastStamp = null;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.tickRate = tickRate;
  }

  /** @param {number} newest */
  nextStamp(newest) {
    const ahead = Tick.plus(newest, this.lead);
    return this.lastStamp !== null && Tick.isNewerThan(this.lastStamp, ahead) ? this.lastStamp : ahead;
  }

  /** @param {number} newest */
  stamp(newest) {
    this.lastStamp = this.nextStamp(newest);
    return this.lastStamp;
  }

  /** @param {{stamp: number, margin: number}} report @param {number} newest */
  handleReport({ stamp: low, margin }, newest) {
    const stamp = Tick.plus(newest, ((low - newest) << 24) >> 24);
    if (this.changedAt !== null && Tick.isNewerThan(this.changedAt, stamp)) {
      return;
    }
    if (margin < TARGET) {
      this.change(Math.min(TARGET - margin, Math.ceil(this.tickRate / 4)), newest);
    } else if (margin === TARGET) {
      this.early = null;
    } else {
      const { reports, least, since } = this.early ?? { reports: 0, least: margin, since: newest };
      this.early = { reports: reports + 1, least: Math.min(least, margin), since };
      const isLong = Tick.since(newest, since) >= 2 * this.tickRate;
      if (reports + 1 === 8 || (reports + 1 >= 2 && isLong)) {
        this.change(TARGET - this.early.least, newest);
      }
    }
  }

  /** @param {number} by @param {number} newest */
  change(by, newest) {
    this.lead = clamp(this.lead + by, 1, this.tickRate);
    this.changedAt = Tick.plus(newest, this.lead);
    this.early = null;
  }
}

for (const { name, welcome, steps } of golden('stamping.json').runs) {
  test(`stamps, lead, unconfirmed inputs and prediction are those of the vectors: ${name}`, () => {
    const joined = /** @type {any} */ (decodeServer(bytesOf(welcome)));
    const [replica, prediction] = [new Replica(joined), new Prediction(joined.seat.player)];
    const lead = new TickLead(joined.tickRate);
    for (const step of steps) {
      const snapshot = /** @type {any} */ (decodeServer(bytesOf(step.snapshot)));
      replica.apply(snapshot);
      prediction.confirm(replica, snapshot.header.report);
      if (snapshot.header.report !== null) {
        lead.handleReport(snapshot.header.report, step.tick);
      }
      for (const controls of step.controls ?? []) {
        const stamp = lead.stamp(step.tick);
        assert.equal(stamp, step.stamp, `at tick ${step.tick}`);
        prediction.record(stamp, controls);
      }
      const to = lead.nextStamp(step.tick);
      const predicted = prediction.predict(replica, to);
      const digest = Digest.ofEntities(predicted);
      const { tick, lead: leadTicks, pending } = step;
      assert.deepEqual(
        { tick: replica.tick, leadTicks: lead.lead, pending: prediction.pending, to, digest },
        { tick, leadTicks, pending, to: step.to, digest: step.digest },
      );
      if (step.entities !== undefined) {
        assert.deepEqual(sorted(predicted), step.entities);
      }
    }
  });
}
