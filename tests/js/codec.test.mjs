// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as netcode from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';
import { isMessage, messageChecks } from './vectors.mjs';

const { decodeServer, encodeClient } = netcode;

messageChecks.forEach(({ name, check }) => test(name, () => check(netcode)));

test('random bytes decode or throw a DecodeError', () => {
  const lcg = new Lcg(99);
  let messages = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Uint8Array.from({ length: lcg.below(40) + 1 }, () => lcg.below(256));
    bytes[0] = round % 2 ? 0x40 | (bytes[0] & 0x3f) : bytes[0];
    messages += isMessage(netcode, bytes) ? 1 : 0;
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
