// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as netcode from '../../web/netcode/index.js';
import { bytesOf, golden } from './golden.mjs';
import { replicaChecks } from './vectors.mjs';

const { Digest, Replica, decodeServer } = netcode;
const vectors = golden('replica.json');
const messageOf = (/** @type {string} */ hex) => /** @type {any} */ (decodeServer(bytesOf(hex)));

replicaChecks.forEach(({ name, check }) => test(name, () => check(netcode)));

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
  const rules = { tickRate: 30, worldSize: 1000, roundS: 0 };
  assert.throws(() => new Replica({ cellSize: 0, rules }), RangeError);
  assert.throws(() => new Replica({ cellSize: 3, rules }), RangeError);
  assert.throws(() => new Replica({ cellSize: 128, rules: { ...rules, tickRate: 0 } }), RangeError);
  assert.throws(() => new Replica({ cellSize: 128, rules: { ...rules, worldSize: 0 } }), RangeError);
});
