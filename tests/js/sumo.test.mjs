// @ts-check
// The client of the example game Sumo: a page draws all discs ahead of the server, because they push each other.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { wasmGame } from '../../web/netcode/index.js';
import { buildSumo } from './wasm_build.mjs';

const game = wasmGame(new WebAssembly.Module(readFileSync(buildSumo())));

const [OWN, OTHER] = [3, 5];
/** For player 3, in the room `a`, at 30 ticks per second. The options of the game take no bytes. */
const WELCOME = Uint8Array.from([0, 1, OWN, ...Array(16).fill(7), 0, 1, 0x61, 30, 0, 128, 30]);
/** x, 57 world units: 64ths in zigzag encoding, as a varint. y, velocity, force and controls are zero. */
const [ORIGIN, RIGHT] = [[0], [0xfb, 0x80, 0x1c]];
/** @param {number} id @param {number[]} x */
const disc = (id, x) => [0xc0 | id, 0, ...x, 0, 0, 0, 0, 0, 0];
/** A full snapshot of tick 1: the own disc in the centre, and another disc on its right. */
const SNAPSHOT = Uint8Array.from([0x65, 1, 0, 0, 0, 0, 2, ...disc(OWN, ORIGIN), ...disc(OTHER, RIGHT)]);
/** Push to the right. */
const PUSH = /** @type {any} */ (1);

function joined() {
  const replica = /** @type {any} */ (game.createReplica(/** @type {any} */ (game.decodeServer(WELCOME))));
  replica.apply(game.decodeServer(SNAPSHOT));
  return { replica, prediction: game.createPrediction(OWN, replica) };
}

test('entities that interact are all predicted, so that the page draws them at the same tick', () => {
  const { replica, prediction } = joined();
  assert.ok(game.owns(OWN, OWN) && game.owns(OWN, OTHER));
  prediction.record(2, PUSH);
  const drawn = prediction.sample(replica, 60.5);
  assert.deepEqual([...drawn.keys()], [OWN, OTHER]);
  const [own, other] = [OWN, OTHER].map((id) => /** @type {import('../../web/netcode/drawable.js').Drawable} */ (drawn.get(id)));
  assert.ok(other.x > 80, 'the own disc has pushed the other one');
  assert.ok(other.x - own.x >= 55.9, 'the discs do not overlap');
});

test('the own disc responds in the next frame', () => {
  const { replica, prediction } = joined();
  assert.equal(/** @type {any} */ (prediction.predict(replica, 2).get(OWN)).velocity.x, 0);
  prediction.record(2, PUSH);
  assert.ok(/** @type {any} */ (prediction.predict(replica, 2).get(OWN)).velocity.x > 0);
});

test('the replica computes collisions itself: the server sends nothing', () => {
  const { replica } = joined();
  const approaching = Uint8Array.from([0x60, 1, OWN, 1]);
  replica.apply(game.decodeServer(approaching));
  for (let tick = 0; tick < 60; tick += 1) {
    replica.apply(game.decodeServer(Uint8Array.of(0x40)));
  }
  assert.ok(replica.entities.get(OTHER).position.x > 80);
});
