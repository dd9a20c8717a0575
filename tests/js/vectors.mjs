// @ts-check
/**
 * The golden vectors as checks of an implementation of the netcode. The tests run the checks on the client. The mutation
 * test runs them on copies of the client with deliberate faults.
 */

import assert from 'node:assert/strict';

import { Digest } from '../../web/netcode/index.js';
import { Lcg, bytesOf, golden, hexOf, sorted } from './golden.mjs';

/**
 * @typedef {typeof import('../../web/netcode/index.js')} Netcode
 * @typedef {{name: string, check: (netcode: Netcode) => void}} Check throws an error if the implementation is wrong
 */

const messages = golden('messages.json');
const motion = golden('motion.json');
const replica = golden('replica.json');
const STEERINGS = ['ahead', 'left', 'right', 'towards'];

/**
 * @param {Netcode} netcode
 * @param {Uint8Array} bytes
 * @returns {boolean} whether the bytes are a valid message. An error other than `DecodeError` fails the check
 */
export function isMessage({ DecodeError, decodeServer }, bytes) {
  try {
    decodeServer(bytes);
    return true;
  } catch (error) {
    assert.ok(error instanceof DecodeError, `${hexOf(bytes)}: ${error}`);
    return false;
  }
}

/** @type {Check[]} the vectors in `messages.json` */
export const messageChecks = [
  {
    name: 'the fingerprint matches the Rust crate',
    check: ({ FINGERPRINT }) => assert.equal(FINGERPRINT, messages.fingerprint),
  },
  {
    name: 'client messages encode to the same bytes as in Rust',
    check: ({ encodeClient }) => messages.client.forEach((/** @type {any} */ { bytes, message }) => {
      assert.equal(hexOf(encodeClient(message)), bytes, JSON.stringify(message));
    }),
  },
  {
    name: 'server messages decode to the same values as in Rust, also in forms that no server sends',
    check: ({ decodeServer }) => {
      [...messages.server, ...messages.lenientServer].forEach(({ bytes, message }) => {
        assert.deepEqual(decodeServer(bytesOf(bytes)), message, bytes);
      });
    },
  },
  {
    name: 'malformed messages are rejected',
    check: (netcode) => messages.malformedServer.forEach((/** @type {any} */ { why, bytes }) => {
      assert.equal(isMessage(netcode, bytesOf(bytes)), false, why);
    }),
  },
  { name: 'truncated messages are rejected', check: checkTruncated },
  { name: 'mutated messages are accepted exactly if Rust accepts them', check: checkMutations },
];

/** @type {Check[]} the vectors in `replica.json` */
export const replicaChecks = [
  { name: 'a welcome whose cells do not fit the world is rejected', check: checkWelcomes },
  ...replica.streams.map((/** @type {any} */ stream) => ({
    name: `replica: ${stream.name}`,
    check: (/** @type {Netcode} */ netcode) => checkStream(netcode, stream),
  })),
];

/** @type {Check[]} the vectors in `motion.json` */
export const motionChecks = [
  ...motion.runs.map((/** @type {any} */ run) => ({
    name: `every tick at ${run.rules.tickRate} Hz matches the Rust kernel`,
    check: (/** @type {Netcode} */ netcode) => checkRun(new World(netcode, run), run),
  })),
  ...motion.long.map((/** @type {any} */ run) => ({
    name: `${run.ticks} ticks of random controls at ${run.rules.tickRate} Hz match Rust`,
    check: (/** @type {Netcode} */ netcode) => checkLongRun(new World(netcode, run), run),
  })),
];

/** @param {Netcode} netcode */
function checkTruncated(netcode) {
  for (const { bytes } of messages.server) {
    const whole = bytesOf(bytes);
    for (let length = 0; length < whole.length; length += 1) {
      assert.equal(isMessage(netcode, whole.subarray(0, length)), false, `${length} bytes of ${bytes}`);
    }
  }
}

/** @param {Netcode} netcode */
function checkMutations(netcode) {
  const { seed, accepted } = messages.mutations;
  const lcg = new Lcg(seed);
  const verdicts = Array.from(accepted, () => {
    const original = bytesOf(messages.server[lcg.below(messages.server.length)].bytes);
    for (let changes = lcg.below(3) + 1; changes > 0; changes -= 1) {
      const at = lcg.below(original.length);
      original[at] = lcg.below(256);
    }
    const length = lcg.below(4) === 0 ? lcg.below(original.length) : original.length;
    return isMessage(netcode, original.subarray(0, length)) ? '1' : '0';
  });
  assert.equal(verdicts.join(''), accepted);
}

/** @param {Netcode} netcode */
function checkWelcomes({ Replica, decodeServer }) {
  for (const { why, bytes, isValid } of replica.welcomes) {
    const welcome = /** @type {any} */ (decodeServer(bytesOf(bytes)));
    const create = () => new Replica(welcome);
    if (isValid) {
      assert.doesNotThrow(create, why);
    } else {
      assert.throws(create, RangeError, why);
    }
  }
}

/** @param {Netcode} netcode @param {any} stream */
function checkStream(netcode, { welcome, snapshots }) {
  const { Replica, decodeServer } = netcode;
  const copy = new Replica(/** @type {any} */ (decodeServer(bytesOf(welcome))));
  snapshots.forEach((/** @type {any} */ step, /** @type {number} */ at) => checkStep(netcode, copy, step, `snapshot ${at}`));
}

/** @param {Netcode} netcode @param {any} copy the replica @param {any} step @param {string} where */
function checkStep({ Digest, ReplicaError, decodeServer }, copy, step, where) {
  const snapshot = /** @type {any} */ (decodeServer(bytesOf(step.bytes)));
  if (step.error) {
    assert.throws(() => copy.apply(snapshot), (/** @type {any} */ error) => {
      const { kind, tick, id } = error;
      assert.ok(error instanceof ReplicaError, `${where}: ${error}`);
      assert.deepEqual({ kind, tick, id }, step.error, where);
      return true;
    });
    assert.equal(copy.tick, null, where);
    return;
  }
  const effects = copy.apply(snapshot);
  assert.equal(copy.tick, step.tick, where);
  assert.equal(effects.tick, step.tick, where);
  assert.equal(Digest.ofEntities(copy.entities), step.digest, where);
  assert.deepEqual(effects.despawned.map((/** @type {[number, any]} */ [id]) => id), step.despawned ?? [], where);
  assert.deepEqual(effects.events, step.events ?? [], where);
  if (step.entities) {
    assert.deepEqual(sorted(copy.entities), step.entities, where);
    assert.deepEqual(sorted(copy.players), step.players, where);
    assert.equal(copy.waiting, step.waiting, where);
  }
}

/** @param {Pick<World, 'step' | 'digest' | 'entities'>} world @param {any} run */
export function checkRun(world, run) {
  const states = new Map(run.states.map((/** @type {any} */ state) => [state.tick, state.entities]));
  run.digests.forEach((/** @type {number} */ digest, /** @type {number} */ at) => {
    world.step();
    const state = states.get(at + 1);
    if (state !== undefined) {
      assert.deepEqual(sorted(world.entities), state, `tick ${at + 1}`);
    }
    assert.equal(world.digest(), digest, `tick ${at + 1}`);
  });
}

/** @param {Pick<World, 'step' | 'digest'>} world @param {any} run */
export function checkLongRun(world, run) {
  let chain = 0;
  for (let tick = 1; tick <= run.ticks; tick += 1) {
    world.step();
    const link = new Digest();
    link.add(chain);
    link.add(world.digest());
    chain = link.finish();
    if (tick % 100 === 0) {
      assert.equal(chain, run.digests[tick / 100 - 1], `within the 100 ticks up to ${tick}`);
    }
  }
}

/** The world of a run in `motion.json`. Ships get random controls from the same generator as in Rust. */
class World {
  #netcode;

  /** @param {Netcode} netcode @param {any} run */
  constructor(netcode, { rules, seed, start }) {
    this.#netcode = netcode;
    this.rules = rules;
    this.lcg = new Lcg(seed);
    this.entities = new Map(structuredClone(start));
  }

  step() {
    for (const [id, controls] of newControls(this.entities, this.lcg)) {
      this.#netcode.setEntityControls(this.entities.get(id), controls);
    }
    this.#netcode.coastAll(this.rules, this.entities);
    for (const [id, patch] of newOrbs(this.entities, this.lcg)) {
      this.#netcode.patchEntity(this.entities.get(id), patch);
    }
  }

  digest() {
    return this.#netcode.Digest.ofEntities(this.entities);
  }
}

/**
 * Draws the controls of a tick, as `about` in `motion.json` describes.
 * @param {Map<number, any>} entities
 * @param {Lcg} lcg
 * @returns {[number, any][]} ids of the ships whose controls change, and the controls
 */
export function newControls(entities, lcg) {
  const ships = sorted(entities).filter(([, { kind }]) => kind === 'ship');
  return ships.flatMap(([id]) => (lcg.below(16) === 0 ? [[id, controlsOf(lcg)]] : []));
}

/**
 * Draws the orbs that ships collect in a tick, after coasting.
 * @param {Map<number, any>} entities
 * @param {Lcg} lcg
 * @returns {[number, {hull: number, orb: boolean}][]} ids of the ships, and their patches
 */
export function newOrbs(entities, lcg) {
  const ships = sorted(entities).filter(([, { kind }]) => kind === 'ship');
  return ships.flatMap(([id, { hull }]) => (lcg.below(8) === 0 ? [[id, { hull, orb: true }]] : []));
}

/** @param {Lcg} lcg @returns {any} */
function controlsOf(lcg) {
  const steering = /** @type {any} */ (STEERINGS[lcg.below(4)]);
  const angle = lcg.below(1024);
  const aim = steering === 'towards' ? angle : 0;
  const [thrust, fire, dash] = [lcg.below(4) > 0, lcg.below(2) > 0, lcg.below(4) === 0];
  return { steering, aim, thrust, fire, dash, choice: lcg.below(4) };
}
