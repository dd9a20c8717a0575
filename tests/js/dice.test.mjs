// @ts-check
// The client of the example game Liar's Dice: the values that its page reads and writes.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { wasmGame } from '../../web/netcode/index.js';
import { buildDice } from './wasm_build.mjs';

const game = wasmGame(new WebAssembly.Module(readFileSync(buildDice())));

test('the moves of the page are encoded as the rules expect', () => {
  const encode = /** @type {(move: unknown) => Uint8Array} */ (game.encodeAction);
  assert.deepEqual([...encode('deal')], [0]);
  assert.deepEqual([...encode({ kind: 'bid', count: 3, face: 5 })], [1, 3, 5]);
  assert.deepEqual([...encode('doubt')], [2]);
  assert.throws(() => encode({ kind: 'bid', count: 300, face: 5 }), RangeError);
});
