// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DecodeError, FINGERPRINT, decodeServer, encodeClient } from '../../web/netcode/index.js';
import { Lcg, bytesOf, golden, hexOf } from './golden.mjs';

const vectors = golden('messages.json');

/** @param {Uint8Array} bytes @returns {boolean} whether they decode. Errors other than `DecodeError` fail the test */
function isMessage(bytes) {
  try {
    decodeServer(bytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${hexOf(bytes)}: ${error}`);
    return false;
  }
}

test('the fingerprint matches the Rust crate', () => {
  assert.equal(FINGERPRINT, vectors.fingerprint);
});

test('client messages encode to the same bytes as in Rust', () => {
  for (const { bytes, message } of vectors.client) {
    assert.equal(hexOf(encodeClient(message)), bytes, JSON.stringify(message));
  }
});

test('server messages decode to the same values as in Rust', () => {
  for (const { bytes, message } of vectors.server) {
    assert.deepEqual(decodeServer(bytesOf(bytes)), message, bytes);
  }
});

test('malformed messages are rejected', () => {
  for (const { why, bytes } of vectors.malformedServer) {
    assert.equal(isMessage(bytesOf(bytes)), false, why);
  }
});

test('truncated messages are rejected', () => {
  for (const { bytes } of vectors.server) {
    const whole = bytesOf(bytes);
    for (let length = 0; length < whole.length; length += 1) {
      assert.equal(isMessage(whole.subarray(0, length)), false, `${length} bytes of ${bytes}`);
    }
  }
});

test('mutated messages are accepted exactly if Rust accepts them', () => {
  const { seed, accepted } = vectors.mutations;
  const lcg = new Lcg(seed);
  const verdicts = Array.from(accepted, () => {
    const original = bytesOf(vectors.server[lcg.below(vectors.server.length)].bytes);
    for (let changes = lcg.below(3) + 1; changes > 0; changes -= 1) {
      const at = lcg.below(original.length);
      original[at] = lcg.below(256);
    }
    const length = lcg.below(4) === 0 ? lcg.below(original.length) : original.length;
    return isMessage(original.subarray(0, length)) ? '1' : '0';
  });
  assert.equal(verdicts.join(''), accepted);
});

test('random bytes decode or throw a DecodeError', () => {
  const lcg = new Lcg(99);
  let messages = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from({ length: lcg.below(40) + 1 }, () => lcg.below(256));
    bytes[0] = round % 2 ? 0x40 | (bytes[0] & 0x3f) : bytes[0];
    messages += isMessage(bytes) ? 1 : 0;
  }
  assert.ok(messages > 0 && messages < 10_000, `${messages} of 20000`);
});

test('oversized messages are rejected', () => {
  assert.throws(() => decodeServer(new Uint8Array((2 << 20) + 1)), { name: 'DecodeError', kind: 'tooLong' });
});

test('values out of range are not encoded', () => {
  const hello = (/** @type {any} */ more) => () =>
    encodeClient({ kind: 'hello', role: { kind: 'spectator' }, viewport: { width: 1, height: 1 }, ...more });
  assert.throws(hello({ role: { kind: 'player', name: 'ü'.repeat(33) } }), RangeError);
  assert.throws(hello({ viewport: { width: 65_536, height: 1 } }), RangeError);
  assert.throws(hello({ viewport: { width: 0.5, height: 1 } }), RangeError);
  assert.throws(() => encodeClient({ kind: 'ping', number: -1 }), RangeError);
});
