// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Breakdown, KINDS, decodeServer } from '../../web/netcode/index.js';
import { bytesOf, golden } from './golden.mjs';

const { server, malformedServer } = golden('messages.json');
const { streams } = golden('replica.json');
/** @type {Uint8Array[]} every golden message of a server */
const messages = [...server, ...streams.flatMap((/** @type {any} */ stream) => stream.snapshots)]
  .map(({ bytes }) => bytesOf(bytes));
const snapshots = messages.filter((bytes) => decodeServer(bytes).kind === 'snapshot');

/** @param {Breakdown} breakdown @returns {Record<string, [number, number]>} bytes and parts, where there are any */
function found(breakdown) {
  const kinds = KINDS.filter((kind) => breakdown.share(kind).bytes > 0);
  return Object.fromEntries(kinds.map((kind) => [kind, [breakdown.share(kind).bytes, breakdown.share(kind).count]]));
}

/** @param {string} hex @returns {Record<string, [number, number]>} */
function take(hex) {
  const breakdown = new Breakdown();
  breakdown.decode(bytesOf(hex));
  return found(breakdown);
}

test('the parts of every snapshot add up to its length', () => {
  for (const bytes of snapshots) {
    const breakdown = new Breakdown();
    breakdown.decode(bytes);
    assert.equal(breakdown.bytes, bytes.length, Buffer.from(bytes).toString('hex'));
  }
});

test('there are as many parts of a kind as the messages have', () => {
  /** @type {Record<string, number>} */
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
  const breakdown = new Breakdown();
  for (const bytes of snapshots) {
    breakdown.decode(bytes);
    const { room, changes } = /** @type {import('../../web/netcode/codec.js').Snapshot} */ (decodeServer(bytes));
    counts.header += 1;
    counts.room += room.length;
    changes.forEach((change) => { counts[change.kind === 'set' ? `set_${change.entity.kind}` : change.kind] += 1; });
  }
  assert.equal(breakdown.snapshots, snapshots.length);
  assert.deepEqual(Object.fromEntries(KINDS.map((kind) => [kind, breakdown.share(kind).count])), counts);
  assert.ok(KINDS.every((kind) => counts[kind] > 0), `the golden messages have every kind: ${JSON.stringify(counts)}`);
});

test('what is no part is the header', () => {
  assert.deepEqual(take('40'), { header: [1, 1] });
  assert.deepEqual(take('60020707'), { header: [2, 1], remove: [2, 2] }, 'so is the length of a list');
});

test('a message decodes to the same, taken apart or not', () => {
  for (const bytes of messages) {
    assert.deepEqual(new Breakdown().decode(bytes), decodeServer(bytes));
  }
});

test('only whole snapshots are counted', () => {
  const breakdown = new Breakdown();
  messages.filter((bytes) => !snapshots.includes(bytes)).forEach((bytes) => breakdown.decode(bytes));
  for (const { why, bytes } of malformedServer) {
    assert.throws(() => breakdown.decode(bytesOf(bytes)), { name: 'DecodeError' }, why);
  }
  assert.throws(() => breakdown.decode(bytesOf('60020707').subarray(0, 3)), { name: 'DecodeError' });
  assert.deepEqual([breakdown.snapshots, found(breakdown)], [0, {}]);
});

test('an array buffer is as good as its bytes', () => {
  const breakdown = new Breakdown();
  breakdown.decode(bytesOf('60020707').buffer);
  assert.equal(breakdown.bytes, 4);
});

test('two together have what each has', () => {
  const [all, first, rest] = [new Breakdown(), new Breakdown(), new Breakdown()];
  snapshots.forEach((bytes, at) => [all, at < 100 ? first : rest].forEach((breakdown) => breakdown.decode(bytes)));
  first.add(rest);
  assert.deepEqual(first, all);
});
