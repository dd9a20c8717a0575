// @ts-check
// Applies the golden vectors to the bundled game compiled to WebAssembly. Builds it with cargo.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import * as netcode from '../../web/netcode/index.js';
import { Writer } from '../../web/netcode/bytes.js';
import { peekHeader } from '../../web/netcode/codec.js';
import { WasmClient } from '../../web/netcode/wasm_client.js';
import { gameOfWords } from '../../web/netcode/wasm_game.js';
import { WasmPrediction, WasmReplica } from '../../web/netcode/wasm_replica.js';
import { Lcg, bytesOf, golden, hexOf, sorted } from './golden.mjs';
import { Timeline, Room } from './room.mjs';
import { checkLongRun, checkRun, isMessage, messageChecks, newControls, newOrbs, replicaChecks } from './vectors.mjs';
import { buildWasm } from './wasm_build.mjs';

const { Digest, DecodeError, ReplicaError, arena, arenaOf } = netcode;
const module = new WebAssembly.Module(readFileSync(buildWasm('arena')));
const game = arenaOf(module);
const messages = golden('messages.json');
const motion = golden('motion.json');

/** The error for a Welcome that is valid as a message, but not for the game. */
const INVALID_CELLS = 'the cell size does not fit the world';

/** @param {Uint8Array} bytes @returns {any} */
const decode = (bytes) => game.decodeServer(bytes);

/** The WebAssembly game with the interface of the JavaScript modules that the vectors test. @type {any} */
const adapted = {
  ...netcode,
  FINGERPRINT: game.fingerprint,
  encodeClient: (/** @type {any} */ message) => netcode.encodeClient(message, game.encodeControls),
  /** Also decodes the whole of a snapshot, by applying it to a replica. Ignores errors of the replica. */
  decodeServer: (/** @type {Uint8Array} */ bytes) => {
    let message = null;
    try {
      message = decode(bytes);
      if (message.kind === 'snapshot') joined().apply(message);
    } catch (error) {
      const isValidMessage = error instanceof ReplicaError || /** @type {any} */ (error).message === INVALID_CELLS;
      if (!isValidMessage) throw error;
    }
    return message;
  },
  Replica: function Replica(/** @type {any} */ welcome) {
    return game.createReplica(welcome);
  },
};

const welcome = messages.server.map((/** @type {any} */ { bytes }) => decode(bytesOf(bytes)))
  .find((/** @type {any} */ { kind }) => kind === 'welcome');
/** @type {any} */
let shared = null;

/** @returns {any} a replica that is reused: an error leaves it in a valid state */
function joined() {
  shared ??= game.createReplica(welcome);
  return shared;
}

/** Checks with differences to JavaScript, which are tested below. */
const DIFFERENT = Object.freeze([
  'server messages decode to the same values as in Rust, also in forms that no server sends',
  'a welcome whose cells do not fit the world is rejected',
]);

const sameChecks = [...messageChecks, ...replicaChecks].filter(({ name }) => !DIFFERENT.includes(name));
assert.equal(sameChecks.length, messageChecks.length + replicaChecks.length - DIFFERENT.length, 'all names in DIFFERENT exist');
sameChecks.forEach(({ name, check }) => test(name, () => check(adapted)));

test('a welcome whose cells do not fit the world is rejected', () => {
  const { welcomes } = golden('replica.json');
  for (const { why, bytes, isValid } of welcomes) {
    const create = () => game.createReplica(decode(bytesOf(bytes)));
    if (isValid) assert.doesNotThrow(create, why);
    else assert.throws(create, DecodeError, why);
  }
});

test('server messages decode as in JavaScript; of a snapshot, the header', () => {
  for (const { bytes, message: { outcomes: _outcomes, ...message } } of [...messages.server, ...messages.lenientServer]) {
    const { bytes: _, ...decoded } = decode(bytesOf(bytes));
    const expected = message.kind === 'snapshot' ? { ...message, room: [], changes: [] } : message;
    assert.deepEqual(decoded, expected, bytes);
    assert.ok(isMessage(adapted, bytesOf(bytes)), bytes);
  }
});

/** The world of a run in `motion.json`, as a replica that receives the controls in snapshots. */
class ReplicaWorld {
  #lcg;

  /** @param {any} run */
  constructor({ seed, messages: [hello, full] }) {
    this.#lcg = new Lcg(seed);
    this.replica = game.createReplica(decode(bytesOf(hello)));
    this.replica.apply(decode(bytesOf(full)));
  }

  get entities() {
    return this.replica.entities;
  }

  step() {
    const changed = newControls(this.entities, this.#lcg);
    const orbs = newOrbs(this.entities, this.#lcg);
    const writer = new Writer();
    const count = changed.length + orbs.length;
    writer.byte(count > 0 ? 0x60 : 0x40);
    if (count > 0) writer.byte(count);
    for (const [id, controls] of changed) {
      changeKey(CONTROLS, id).forEach((byte) => writer.byte(byte));
      game.encodeControls(controls).forEach((byte) => writer.byte(byte));
    }
    for (const [id, { hull }] of orbs) {
      changeKey(PATCH, id).forEach((byte) => writer.byte(byte));
      writer.byte(hull | 0x80);
    }
    this.replica.apply(decode(writer.finish()));
  }

  digest() {
    return Digest.ofEntities(this.entities);
  }
}

const [CONTROLS, PATCH] = [0, 1];

/** @param {number} kind @param {number} id @returns {number[]} the longer form of the key of a change, which contains the kind */
function changeKey(kind, id) {
  return [0x90 | (kind << 5) | (id & 15), ...leb128(id >>> 4)];
}

/** @param {number} number @returns {number[]} */
function leb128(number) {
  return number < 0x80 ? [number] : [(number & 0x7f) | 0x80, ...leb128(number >>> 7)];
}

for (const run of motion.runs) {
  test(`every tick at ${run.rules.tickRate} Hz matches the Rust kernel`, () => checkRun(new ReplicaWorld(run), run));
}

for (const run of motion.long) {
  test(`${run.ticks} ticks of random controls at ${run.rules.tickRate} Hz match Rust`, () => {
    checkLongRun(new ReplicaWorld(run), run);
  });
}

for (const { name, welcome: hello, steps } of golden('stamping.json').runs) {
  test(`stamps, lead, unconfirmed inputs and prediction are those of the vectors: ${name}`, () => {
    const replica = /** @type {any} */ (game.createReplica(decode(bytesOf(hello))));
    const { client } = replica;
    const prediction = game.createPrediction(3, replica);
    for (const { tick, snapshot, controls = [], stamp, lead, pending, to, digest, entities } of steps) {
      replica.apply(decode(bytesOf(snapshot)));
      for (const sent of controls) {
        assert.equal(client.call('stamp') >>> 0, stamp, `at tick ${tick}`);
        prediction.record(stamp, sent);
      }
      const next = client.clone().call('stamp') >>> 0;
      const actual = { tick: replica.tick, lead: client.call('lead'), pending: prediction.pending, to: next };
      assert.deepEqual(actual, { tick, lead, pending, to });
      const predicted = prediction.predict(replica, to);
      assert.equal(Digest.ofEntities(predicted), digest, `at tick ${tick}`);
      if (entities !== undefined) assert.deepEqual(sorted(predicted), entities);
    }
  });
}

test('both implementations of the game draw the same', () => {
  const frames = [arena, game].map((implementation) => {
    const timeline = new Timeline();
    const room = new Room(timeline, { delayMs: 60, jitterMs: 20 }, implementation);
    room.start();
    const frames = [];
    for (let time = 0; time < 6_000; time += 50) {
      timeline.run(time);
      const steering = /** @type {const} */ (['ahead', 'left', 'right'])[Math.floor(time / 700) % 3];
      room.connection.setControls({ ...netcode.Controls.NONE, steering, thrust: time % 900 < 500, fire: time % 1_000 < 300 });
      const { avatar, entities } = room.connection.sampleLocal(time);
      frames.push({ avatar, own: sorted(entities), remote: sorted(room.connection.sampleRemote(time)) });
    }
    assert.equal(room.connection.statistics.corrections, 0);
    assert.equal(room.connection.statistics.errors, 0);
    return frames;
  });
  assert.deepEqual(frames[1], frames[0]);
  assert.ok(frames[0].some(({ own }) => own.length > 2), 'some bullets were drawn');
});

test('a copy of a replica advances independently', () => {
  const world = new ReplicaWorld(motion.runs[0]);
  const copy = world.replica.clone();
  const before = Digest.ofEntities(copy.entities);
  world.step();
  assert.equal(copy.tick, 0);
  assert.equal(Digest.ofEntities(copy.entities), before);
  copy.apply(decode(Uint8Array.of(0x40)));
  assert.equal(copy.tick, 1);
});

test('an instance uses no more memory after many snapshots', () => {
  const world = new ReplicaWorld(motion.runs[0]);
  const { client } = /** @type {any} */ (world.replica);
  const bytes = () => client.output(0).buffer.byteLength;
  for (let tick = 0; tick < 500; tick += 1) world.step();
  const used = bytes();
  for (let tick = 0; tick < 10_000; tick += 1) world.step();
  assert.equal(bytes(), used);
});

/** A Welcome of the game `line.rs`, without a seat. @param {number} length of the line, below 251 */
const lineWelcome = (length) => Uint8Array.of(0, 0, 1, 0x61, 30, 0, 128, length);
/** The full snapshot of tick 1, with a marker at 7 (14 in zigzag encoding) that makes steps of 1. */
const LINE_SNAPSHOT = Uint8Array.of(0x65, 1, 0, 0, 255, 255, 1, 0xc0, 14, 1);

test('another game runs on the same interface, and a panic is an error with its message', () => {
  const line = new WebAssembly.Module(readFileSync(buildWasm('line')));
  const client = new WasmClient(line);
  assert.ok(client.receive(lineWelcome(100)) > 0);
  assert.ok(client.receive(LINE_SNAPSHOT) > 0);
  const length = client.call('extrapolate', 3);
  assert.deepEqual([...client.output(length)], [0, 2, 10, 1], 'id, number of words, position, step');

  const faulty = new WasmClient(line);
  faulty.receive(lineWelcome(0));
  faulty.receive(LINE_SNAPSHOT);
  assert.throws(() => faulty.receive(Uint8Array.of(0x40)), /panicked at .*line\.rs:\d+:\d+:\n.*divisor of zero/);
  assert.ok(client.receive(Uint8Array.of(0x40)) > 0, 'other clients are not affected');
});

test('a game with actions and secrets has them in the page', () => {
  const line = new WebAssembly.Module(readFileSync(buildWasm('line')));
  const first = (/** @type {Int32Array} */ words, /** @type {number} */ at) => words[at];
  const layout = /** @type {any} */ ({
    entity: first, rules: first, actionWords: (/** @type {number} */ jump) => [jump], refusal: first, secret: first,
  });
  const { snapshots, secrets } = golden('actions.json');
  const client = new WasmClient(line);
  const token = Array(16).fill(7);
  assert.ok(client.receive(Uint8Array.of(0, 1, 0, ...token, 0, 1, 0x61, 30, 0, 128, 100)) > 0);
  const replica = new WasmReplica(client, layout, /** @type {any} */ ({ cellSize: 128 }));
  const prediction = new WasmPrediction(replica, layout);
  const apply = (/** @type {Uint8Array} */ bytes) => replica.apply(/** @type {any} */ ({ header: peekHeader(bytes), bytes }));
  apply(LINE_SNAPSHOT);

  assert.equal(hexOf(gameOfWords(line, /** @type {any} */ ({}), layout).encodeAction?.(300) ?? new Uint8Array()), 'fb5802');
  prediction.recordAction(9, 2, 20);
  assert.deepEqual([...prediction.predict(/** @type {any} */ (replica), 3)], [[0, 29]], 'a step, the jump and a step');
  for (const { bytes, first: number, outcomes } of snapshots.slice(0, 2)) {
    assert.deepEqual(apply(bytesOf(bytes)).outcomes, { first: number, outcomes });
  }
  assert.deepEqual([...prediction.predict(/** @type {any} */ (replica), 4)], [[0, 10]], 'the action has an outcome');

  assert.equal(replica.secret, undefined);
  apply(bytesOf(secrets[0].bytes));
  assert.equal(replica.secret, 300);
  apply(LINE_SNAPSHOT);
  assert.equal(replica.secret, undefined, 'a full snapshot without a secret');
});

test('an input longer than any server message is rejected', () => {
  assert.throws(() => new WasmClient(module).receive(new Uint8Array((2 << 20) + 1)), { name: 'DecodeError', kind: 'tooLong' });
});

test('controls that the game does not know are not encoded', () => {
  assert.equal(hexOf(game.encodeControls(netcode.Controls.NONE)), '0000');
  const invalid = new Uint8Array(Int32Array.of(3).buffer);
  assert.ok(new WasmClient(module).callWith('controls', invalid) < 0);
});
