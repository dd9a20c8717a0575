// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Recording, Replica, decodeServer } from '../../web/netcode/index.js';
import { bytesOf, golden, sorted } from './golden.mjs';
import { snapshotOf, welcomeOf } from './world.mjs';

const { welcome, snapshots: all } = golden('replica.json').streams[0];
/** One full snapshot, followed by delta snapshots. */
const snapshots = all.slice(0, 300);
const goldenWelcome = /** @type {any} */ (decodeServer(bytesOf(welcome)));
const messages = snapshots.map((/** @type {any} */ { bytes }) => /** @type {any} */ (decodeServer(bytesOf(bytes))));

/** Records the golden stream. @param {number} ticks the length of the recording @param {number} bytes per snapshot */
function recorded(ticks, bytes = 20) {
  const replica = new Replica(goldenWelcome);
  const recording = new Recording(ticks);
  /** @type {[number, any][][]} the entities after each snapshot */
  const states = [];
  for (const message of messages) {
    replica.apply(message);
    recording.push(replica, message, bytes);
    states.push(structuredClone(sorted(replica.entities)));
  }
  return { recording, states, replica };
}

test('a recording plays exactly what was received', () => {
  const { recording, states, replica: live } = recorded(60);
  const start = messages.length - 50;
  const take = recording.from(snapshots[start].tick);
  assert.ok(take);
  assert.equal(take.replica.tick, snapshots[start].tick);
  assert.equal(take.snapshots.length, messages.length - 1 - start);
  assert.deepEqual(sorted(take.replica.entities), states[start]);
  take.snapshots.forEach((snapshot, at) => {
    take.replica.apply(snapshot);
    assert.deepEqual(sorted(take.replica.entities), states[start + 1 + at]);
  });
  assert.deepEqual(take.replica.players, live.players);
  assert.deepEqual(sorted(live.entities), states.at(-1), 'the live replica is not modified');
});

test('a recording has at least the required length, and at most a quarter more', () => {
  const { recording } = recorded(60);
  const take = recording.from(snapshots[0].tick);
  assert.ok(take && take.snapshots.length >= 60 && take.snapshots.length <= 75, `${take?.snapshots.length}`);
});

test('large snapshots make the recording shorter', () => {
  const { recording } = recorded(60, 1 << 16);
  const take = recording.from(snapshots[0].tick);
  assert.ok(take && take.snapshots.length <= 24, `${take?.snapshots.length}`);
});

test('a full snapshot discards what came before', () => {
  const replica = new Replica(welcomeOf(null));
  const recording = new Recording(60);
  assert.equal(recording.from(5), null);
  for (const full of [100, null, null, 5, null]) {
    const snapshot = snapshotOf({ full });
    replica.apply(snapshot);
    recording.push(replica, snapshot, 1);
  }
  assert.equal(recording.from(100)?.replica.tick, 6);
  assert.equal(recording.from(2 ** 32 - 10)?.replica.tick, 5);
});
