// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Breakdown } from '../../web/netcode/index.js';
import { Traffic } from '../../web/demo/netgraph/traffic.js';
import { bytesOf } from './golden.mjs';

/** @param {number} at @returns {any} the `SnapshotInfo` of a four-byte snapshot with two despawns */
function despawning(at) {
  const breakdown = new Breakdown();
  breakdown.decode(bytesOf('6002e1e1'));
  return { at, bytes: 4, breakdown, report: null, correction: 0 };
}

test('recent traffic is returned with its duration', () => {
  const traffic = new Traffic(1000);
  [1100, 1200, 1300, 1600, 1900].forEach((at) => traffic.add(despawning(at)));
  const { breakdown, seconds } = traffic.recent(2000);
  assert.deepEqual([breakdown.snapshots, breakdown.bytes, seconds], [5, 20, 1]);
  assert.deepEqual(breakdown.share('despawn'), { bytes: 10, count: 10 });
});

test('old traffic is dropped', () => {
  const traffic = new Traffic(1000);
  for (let at = 1000; at < 10_000; at += 500) traffic.add(despawning(at));
  const { breakdown, seconds } = traffic.recent(10_000);
  assert.deepEqual([breakdown.snapshots, seconds], [8, 4]);
});

test('snapshots without a breakdown are not counted', () => {
  const traffic = new Traffic(0);
  traffic.add({ ...despawning(10), breakdown: null });
  assert.equal(traffic.recent(100).breakdown.snapshots, 0);
});
