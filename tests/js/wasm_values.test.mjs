// @ts-check
// A game whose values describe themselves: `crates/client/examples/kinds.rs`, compiled to WebAssembly.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { wasmGame } from '../../web/netcode/index.js';
import { controlsRules } from '../../web/netcode/value_controls.js';
import { shapeOf } from '../../web/netcode/wasm_values.js';
import { hexOf } from './golden.mjs';
import { buildWasm } from './wasm_build.mjs';

const module = new WebAssembly.Module(readFileSync(buildWasm('kinds')));
const game = wasmGame(module);

const FLAGS = Object.freeze({ full: 1, view: 4, room: 16, changes: 32, snapshot: 64 });
const PLAYER = 3;
/** @param {string} ascii */
const text = (ascii) => [...ascii].map((letter) => letter.charCodeAt(0));
/** A field of 500 × 400 units: 64ths of a unit in zigzag encoding, as bincode's 16-bit varints. */
const FIELD = [0xfb, 0x00, 0xfa, 0xfb, 0x00, 0xc8];
const TOKEN = Array(16).fill(7);
/** For player 3, in the room `a`, at 30 ticks per second, with cells of 128 units. */
const WELCOME = Uint8Array.from([0, 1, PLAYER, ...TOKEN, 0, 1, 0x61, 30, 0, 128, 30, ...FIELD]);
/** A ship at (2, -1) that points down, is bound to player 3, and whose controls are those of nobody. */
const SHIP = [0, 0xfb, 0x00, 0x01, 127, 0xfb, 0x00, 0x01, 1, PLAYER, 0, 0, 0];
const MARK = [1, 128, 64];
const COUNTER = [2, 5];
/** An Upsert in the longer form of its key. @param {number} id @param {number[]} entity */
const upsert = (id, entity) => [0xd0 | (id & 15), id >> 4, ...entity];
const CHANGES = [3, ...upsert(PLAYER, SHIP), ...upsert(20, MARK), ...upsert(21, COUNTER)];
/** "Ada" is present, has a standing, and scores; the round is over. */
const PRESENT = [4, PLAYER, 3, ...text('Ada'), 0];
const STANDING = [2, PLAYER, 9, 1, 4, ...text('Boss')];
const ROOM = [4, ...PRESENT, ...STANDING, 3, 1, PLAYER, 2, 2, 1, 3, 0];
const { full, view, room, changes, snapshot } = FLAGS;
const SNAPSHOT = Uint8Array.from([full | view | room | changes | snapshot, 1, 0, 0, 255, 255, ...ROOM, ...CHANGES]);

/** @returns {any} a replica in tick 1, its prediction, and the effects of the snapshot */
function joined() {
  const welcome = /** @type {any} */ (game.decodeServer(WELCOME));
  const replica = /** @type {any} */ (game.createReplica(welcome));
  const effects = replica.apply(game.decodeServer(SNAPSHOT));
  return { welcome, replica, effects, prediction: game.createPrediction(PLAYER, replica) };
}

const NONE = { isThrusting: false, aim: 0, order: { kind: 'wait' } };

test('values reach the page as objects with the names of their fields, in world units and radians', () => {
  const { welcome, replica, effects } = joined();
  assert.deepEqual(welcome.rules, { tickRate: 30, options: { fieldSize: { x: 500, y: 400 } } });
  assert.deepEqual(Object.fromEntries(replica.entities), {
    [PLAYER]: { kind: 'ship', position: { x: 2, y: -1 }, heading: Math.PI / 2, owner: PLAYER, keys: NONE },
    20: { kind: 'mark', x: 1, y: 0.5 },
    21: { kind: 'counter', value: 5 },
  });
  assert.deepEqual(effects.events, [{ kind: 'scored', byPlayer: PLAYER, points: [1, -1] }, { kind: 'roundOver' }]);
  const standing = { points: 9, title: 'Boss' };
  assert.deepEqual(replica.players.get(PLAYER), { name: 'Ada', kind: 'human', standing, team: null, ready: false });
});

test('the game knows avatars, own entities, and the controls of a player who holds nothing', () => {
  assert.deepEqual(game.controls.NONE, NONE);
  assert.equal(game.avatar(PLAYER), PLAYER);
  assert.deepEqual([PLAYER, 9_003, 9_004].map((id) => game.owns(PLAYER, id)), [true, true, false]);
});

test('controls are written as objects, and predict the avatar', () => {
  assert.equal(hexOf(game.encodeControls(/** @type {any} */ (NONE))), '000000');
  const controls = { aim: 0, isThrusting: true, order: { kind: 'fly', x: 30, y: -60 } };
  assert.equal(hexOf(game.encodeControls(/** @type {any} */ (controls))), '0100011ec4');
  assert.equal(hexOf(game.encodeControls(/** @type {any} */ ({ ...NONE, order: 'wait' }))), '000000');

  const { replica, prediction } = joined();
  prediction.record(2, { ...controls, aim: Math.PI });
  const { position, heading } = prediction.predict(replica, 4).get(PLAYER);
  assert.deepEqual(position, { x: 2 + 3, y: -1 - 6 });
  assert.ok(heading > Math.PI / 2 && heading < Math.PI);
  prediction.record(5, { ...NONE, order: { kind: 'jumpTo', x: 7.5, y: 9 } });
  assert.deepEqual(prediction.predict(replica, 5).get(PLAYER).position, { x: 7.5, y: 9 });
});

test('the reason for rejecting controls names the field', () => {
  const encode = (/** @type {any} */ controls) => () => game.encodeControls(controls);
  assert.throws(encode({ ...NONE, isTrusting: true }), { name: 'RangeError', message: /unknown field isTrusting/ });
  assert.throws(encode({ aim: 0, order: 'wait' }), /missing field is_thrusting/);
  assert.throws(encode({ ...NONE, order: { kind: 'fly', x: 400, y: 0 } }), /invalid value/);
  assert.throws(encode({ ...NONE, order: undefined }), /undefined cannot be sent/);
});

test('positions and headings are interpolated, and everything else changes from tick to tick', () => {
  const { replica } = joined();
  const before = new Map(replica.entities);
  const ship = before.get(PLAYER);
  const at = (/** @type {number} */ x, /** @type {number} */ heading) => (
    new Map([[PLAYER, { ...ship, owner: null, position: { x, y: -1 }, heading }]])
  );
  const { x, y, heading, kind, entity } = /** @type {any} */ (game.interpolate(before, at(6, Math.PI), 0.25, 30).get(PLAYER));
  assert.deepEqual({ x, y, heading, kind }, { x: 3, y: -1, heading: (5 / 8) * Math.PI, kind: 'ship' });
  assert.equal(entity.owner, PLAYER);
  assert.equal(game.interpolate(before, at(200, 0), 0.5, 30).get(PLAYER)?.x, 2, 'a teleport is not interpolated');
  const [mark, counter] = [20, 21].map((id) => game.interpolate(before, new Map(), 0.5, 30).get(id));
  assert.deepEqual([mark?.x, mark?.y, counter?.x], [1, 0.5, 0]);
  assert.equal(game.predictionError(ship, at(5, 0).get(PLAYER)), 3);

  const other = wasmGame(module, { position: ({ value }) => (value === undefined ? null : { x: value, y: value }) });
  assert.equal(other.interpolate(before, new Map([[21, { value: 7, kind: 'counter' }]]), 0.5, 30).get(21)?.x, 6);
});

test('a change of numbers is not urgent, and a short press lasts for a tick', () => {
  const { equal, isUrgent, holdPresses } = /** @type {any} */ (controlsRules(NONE));
  const pressed = { ...NONE, isThrusting: true, order: { kind: 'fly', x: 1, y: 0 } };
  assert.ok(equal(NONE, { ...NONE }) && !equal(NONE, pressed));
  assert.ok(isUrgent(NONE, pressed) && !isUrgent(pressed, { ...pressed, aim: 1, order: { kind: 'fly', x: 2, y: 0 } }));
  assert.deepEqual(holdPresses(NONE, pressed, { ...NONE, aim: 1 }), { ...pressed, aim: 1 });
  assert.deepEqual(holdPresses(pressed, pressed, NONE), NONE);
  assert.equal(holdPresses('none', 'left', 'none'), 'left');
  assert.equal(holdPresses('none', 'left', 'right'), 'right');
});

test('names have the style of JavaScript, and a field that would hide the variant is refused', () => {
  const { template, ...powerUp } = shapeOf('PowerUp\nis_it\nx_1');
  assert.deepEqual(powerUp, { kind: 'powerUp', fields: ['isIt', 'x_1'] });
  assert.deepEqual(template, { kind: 'powerUp', isIt: null, x_1: null });
  assert.deepEqual(shapeOf('\nkind').fields, ['kind']);
  assert.throws(() => shapeOf('Card\nkind'), /rename it/);
});
