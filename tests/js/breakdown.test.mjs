// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Breakdown, KINDS, decodeServer } from '../../web/netcode/index.js';
import { bytesOf, golden } from './golden.mjs';

const { server, malformedServer } = golden('messages.json');
const { streams } = golden('replica.json');
/** @type {Uint8Array[]} all golden server messages */
const messages = [...server, ...streams.flatMap((/** @type {any} */ stream) => stream.snapshots)]
  .map(({ bytes }) => bytesOf(bytes));
const snapshots = messages.filter((bytes) => decodeServer(bytes).kind === 'snapshot');

/** @param {Breakdown} breakdown @returns {Record<string, [number, number]>} bytes and count of each kind that occurs */
function sharesOf(breakdown) {
  const kinds = KINDS.filter((kind) => breakdown.share(kind).bytes > 0);
  return Object.fromEntries(kinds.map((kind) => [kind, [breakdown.share(kind).bytes, breakdown.share(kind).count]]));
}

/** @param {string} hex @returns {Record<string, [number, number]>} */
function measure(hex) {
  const breakdown = new Breakdown();
  breakdown.decode(bytesOf(hex));
  return sharesOf(breakdown);
}

test('the parts of a snapshot add up to its size', () => {
  for (const bytes of snapshots) {
    const breakdown = new Breakdown();
    breakdown.decode(bytes);
    assert.equal(breakdown.bytes, bytes.length, Buffer.from(bytes).toString('hex'));
  }
});

test('the counts match the decoded messages', () => {
  /** @type {Record<string, number>} */
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  const breakdown = new Breakdown();
  for (const bytes of snapshots) {
    breakdown.decode(bytes);
    const { room, changes } = /** @type {import('../../web/netcode/codec.js').Snapshot} */ (decodeServer(bytes));
    counts.header += 1;
    counts.room += room.length;
    changes.forEach((change) => { counts[change.kind === 'upsert' ? `upsert_${change.entity.kind}` : change.kind] += 1; });
  }
  assert.equal(breakdown.snapshots, snapshots.length);
  assert.deepEqual(Object.fromEntries(KINDS.map((kind) => [kind, breakdown.share(kind).count])), counts);
  assert.ok(KINDS.every((kind) => counts[kind] > 0), `every kind occurs in the golden messages: ${JSON.stringify(counts)}`);
});

test('everything but events and changes counts as header', () => {
  assert.deepEqual(measure('40'), { header: [1, 1] });
  assert.deepEqual(measure('6002e1e1'), { header: [2, 1], despawn: [2, 2] }, 'list lengths belong to the header');
});

test('measuring does not change the decoded message', () => {
  for (const bytes of messages) {
    assert.deepEqual(new Breakdown().decode(bytes), decodeServer(bytes));
  }
});

test('only valid snapshots are counted', () => {
  const breakdown = new Breakdown();
  messages.filter((bytes) => !snapshots.includes(bytes)).forEach((bytes) => breakdown.decode(bytes));
  for (const { why, bytes } of malformedServer) {
    assert.throws(() => breakdown.decode(bytesOf(bytes)), { name: 'DecodeError' }, why);
  }
  assert.throws(() => breakdown.decode(bytesOf('6002e1e1').subarray(0, 3)), { name: 'DecodeError' });
  assert.deepEqual([breakdown.snapshots, sharesOf(breakdown)], [0, {}]);
});

test('decode accepts an ArrayBuffer', () => {
  const breakdown = new Breakdown();
  breakdown.decode(bytesOf('6002e1e1').buffer);
  assert.equal(breakdown.bytes, 4);
});

test('add sums two breakdowns', () => {
  const [all, first, rest] = [new Breakdown(), new Breakdown(), new Breakdown()];
  snapshots.forEach((bytes, at) => [all, at < 100 ? first : rest].forEach((breakdown) => breakdown.decode(bytes)));
  first.add(rest);
  assert.deepEqual(first, all);
});
