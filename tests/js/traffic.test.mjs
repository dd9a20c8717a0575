// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Traffic } from '../../web/demo/hud/traffic.js';
import { bytesOf } from './golden.mjs';

/** A snapshot of four bytes that removes two things. */
const SNAPSHOT = bytesOf('60020707');

function watched() {
  const connection = { breakdown: /** @type {import('../../web/netcode/index.js').Breakdown | null} */ (null) };
  const traffic = new Traffic(connection, 1000);
  const receive = (/** @type {number} */ times) => {
    for (let time = 0; time < times; time += 1) connection.breakdown?.decode(SNAPSHOT);
  };
  return { connection, traffic, receive };
}

test('what came since the start is told with the time it took', () => {
  const { traffic, receive } = watched();
  receive(3);
  traffic.look(1500);
  receive(2);
  const { breakdown, seconds } = traffic.look(2000);
  assert.deepEqual([breakdown.snapshots, breakdown.bytes, seconds], [5, 20, 1]);
  assert.deepEqual(breakdown.share('remove'), { bytes: 10, count: 10 });
});

test('what came long ago is forgotten', () => {
  const { traffic, receive } = watched();
  receive(100);
  for (let nowMs = 1500; nowMs <= 10_000; nowMs += 500) {
    traffic.look(nowMs);
    receive(1);
  }
  const { breakdown, seconds } = traffic.look(10_500);
  assert.deepEqual([breakdown.snapshots, seconds], [8, 4]);
});

test('a look after a long time tells of all of it', () => {
  const { traffic, receive } = watched();
  receive(60);
  const { breakdown, seconds } = traffic.look(61_000);
  assert.deepEqual([breakdown.snapshots, seconds], [60, 60]);
  receive(1);
  assert.equal(traffic.look(61_500).breakdown.snapshots, 1);
});

test('nothing is taken apart once nobody looks', () => {
  const { connection, traffic } = watched();
  traffic.look(1500);
  traffic.stop();
  assert.equal(connection.breakdown, null);
});
