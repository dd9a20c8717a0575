// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Digest, Replica, ReplicaError, decodeServer } from '../../web/netcode/index.js';
import { bytesOf, golden, sorted } from './golden.mjs';

const vectors = golden('replica.json');
const messageOf = (/** @type {string} */ hex) => /** @type {any} */ (decodeServer(bytesOf(hex)));

/** @param {Replica} replica @param {any} step */
function check(replica, step, /** @type {string} */ where) {
  const snapshot = messageOf(step.bytes);
  if (step.error) {
    assert.throws(() => replica.apply(snapshot), (/** @type {any} */ error) => {
      const { kind, tick, id } = error;
      assert.ok(error instanceof ReplicaError, `${where}: ${error}`);
      assert.deepEqual({ kind, tick, id }, step.error, where);
      return true;
    });
    assert.equal(replica.tick, null, where);
    return;
  }
  const effects = replica.apply(snapshot);
  assert.equal(replica.tick, step.tick, where);
  assert.equal(effects.tick, step.tick, where);
  assert.equal(Digest.ofEntities(replica.entities), step.digest, where);
  assert.deepEqual(effects.despawned.map(([id]) => id), step.despawned ?? [], where);
  assert.deepEqual(effects.events, step.events ?? [], where);
  if (step.entities) {
    assert.deepEqual(sorted(replica.entities), step.entities, where);
    assert.deepEqual(sorted(replica.players), step.players, where);
  }
}

for (const { name, welcome, snapshots } of vectors.streams) {
  test(`the ${name} stream has the same results as in Rust`, () => {
    const replica = new Replica(messageOf(welcome));
    snapshots.forEach((/** @type {any} */ step, /** @type {number} */ at) => check(replica, step, `snapshot ${at}`));
  });
}

test('applying a snapshot does not modify it', () => {
  const { welcome, snapshots } = vectors.streams[0];
  const all = snapshots.slice(0, 50).map((/** @type {any} */ step) => messageOf(step.bytes));
  const digests = [1, 2].map(() => {
    const replica = new Replica(messageOf(welcome));
    all.forEach((/** @type {any} */ snapshot) => replica.apply(snapshot));
    return Digest.ofEntities(replica.entities);
  });
  assert.equal(digests[0], digests[1]);
});

test('invalid rules are rejected', () => {
  const rules = { tickRate: 30, worldSize: 1000 };
  assert.throws(() => new Replica({ cellSize: 0, rules }), RangeError);
  assert.throws(() => new Replica({ cellSize: 3, rules }), RangeError);
  assert.throws(() => new Replica({ cellSize: 128, rules: { ...rules, tickRate: 0 } }), RangeError);
  assert.throws(() => new Replica({ cellSize: 128, rules: { ...rules, worldSize: 0 } }), RangeError);
});
