// @ts-check
// Measures games in WebAssembly: size, coasting, and reading entities of the bundled game and of `kinds`, whose values describe
// themselves; interactions of the example Sumo. Usage: node benches/wasm/coast.mjs

import { readFileSync } from 'node:fs';
import { brotliCompressSync, gzipSync } from 'node:zlib';

import { arenaOf, coastAll, wasmGame } from '../../web/netcode/index.js';
import { bytesOf, golden } from '../../tests/js/golden.mjs';
import { buildSumo, buildWasm } from '../../tests/js/wasm_build.mjs';

const ENTITIES = 200;
const REPETITIONS = 30;
/** Coasting by many ticks and by few: the difference excludes the cost of a call. */
const [TICKS_MANY, TICKS_FEW] = [240, 40];

/**
 * @param {number} calls @param {() => void} call
 * @returns {number} microseconds of CPU time per call: the fastest of several repetitions. Other programs do not affect it
 */
function microseconds(calls, call) {
  const times = Array.from({ length: REPETITIONS }, () => {
    const start = process.cpuUsage().user;
    for (let count = 0; count < calls; count += 1) call();
    return (process.cpuUsage().user - start) / calls;
  });
  return Math.min(...times);
}

/** Places and lengths of entities in the snapshot of the vectors. */
const ENTITY = Object.freeze({ 'ships under thrust': { at: 25, bytes: 13 }, rocks: { at: 92, bytes: 9 } });

/** @param {string} snapshot of the vectors @param {{at: number, bytes: number}} place @returns {Uint8Array} with copies of it */
function crowd(snapshot, { at, bytes }) {
  const entity = bytesOf(snapshot).slice(at, at + bytes);
  const id = (/** @type {number} */ number) => [0xd0 | (number & 15), number >> 4];
  const changes = Array.from({ length: ENTITIES }, (_, number) => [...id(number), ...entity]).flat();
  return Uint8Array.from([0x65, 0, 0, 0, 7, 7, ENTITIES, ...changes]);
}

/** @param {any} client @returns {number} microseconds for coasting the entities of the replica by one tick */
function coasting(client) {
  const [many, few] = [TICKS_MANY, TICKS_FEW].map((ticks) => microseconds(50, () => client.call('extrapolate', ticks)));
  return (many - few) / (TICKS_MANY - TICKS_FEW);
}

/** @param {string} game @param {string} file @returns {WebAssembly.Module} the game, whose size is printed */
function load(game, file) {
  const wasm = readFileSync(file);
  const [gzip, brotli] = [gzipSync(wasm, { level: 9 }), brotliCompressSync(wasm)].map(({ length }) => length);
  console.log(`size of ${game}: ${wasm.length} bytes, gzip ${gzip}, Brotli ${brotli}`);
  return new WebAssembly.Module(wasm);
}

/** Eight discs of Sumo in a row, which touch each other, so that all neighbours collide. */
function printInteraction() {
  const sumo = wasmGame(load('Sumo', buildSumo()));
  const hello = Uint8Array.from([0, 1, 0, ...Array(16).fill(7), 0, 1, 0x61, 30, 0, 128, 30]);
  const replica = /** @type {any} */ (sumo.createReplica(/** @type {any} */ (sumo.decodeServer(hello))));
  const x = (/** @type {number} */ zigzag) => [0xfb, zigzag & 0xff, zigzag >> 8];
  const discs = Array.from({ length: 8 }, (_, id) => [0xc0 | id, 0, ...x(2 * 3584 * id + 256), 0, 0, 0, 0, 0, 1]);
  replica.apply(sumo.decodeServer(Uint8Array.from([0x65, 0, 0, 0, 0, 0, discs.length, ...discs.flat()])));
  console.log(`coasting ${discs.length} discs, and 28 interactions: ${coasting(replica.client).toFixed(2)} µs`);
}

const game = arenaOf(load('Arena', buildWasm('arena')));
const [welcome, snapshot] = golden('motion.json').runs[2].messages;
for (const [name, place] of Object.entries(ENTITY)) {
  const replica = /** @type {any} */ (game.createReplica(/** @type {any} */ (game.decodeServer(bytesOf(welcome)))));
  replica.apply(game.decodeServer(crowd(snapshot, place)));
  console.log(`coasting ${ENTITIES} ${name}: ${coasting(replica.client).toFixed(2)} µs`);
  const entities = new Map(replica.entities);
  console.log(`  in JavaScript: ${microseconds(1000, () => coastAll(replica.rules, entities)).toFixed(2)} µs`);
  console.log(`  reading one into an object: ${(microseconds(200, () => replica.extrapolate(0)) / ENTITIES).toFixed(3)} µs`);
}

/** A Welcome of the game `kinds`, without a seat, and the fields of a ship: see `tests/js/wasm_values.test.mjs`. */
const KINDS_WELCOME = Uint8Array.of(0, 0, 1, 0x61, 30, 0, 128, 30, 0xfb, 0x00, 0xfa, 0xfb, 0x00, 0xc8);
const KINDS_SHIP = [0, 0xfb, 0x00, 0x01, 127, 0xfb, 0x00, 0x01, 1, 3, 0, 0, 0];
const kinds = wasmGame(load('kinds', buildWasm('kinds')));
const ships = Array.from({ length: ENTITIES }, (_, id) => [0xd0 | (id & 15), id >> 4, ...KINDS_SHIP]).flat();
const replica = /** @type {any} */ (kinds.createReplica(/** @type {any} */ (kinds.decodeServer(KINDS_WELCOME))));
replica.apply(kinds.decodeServer(Uint8Array.from([0x65, 0, 0, 0, 255, 255, ENTITIES, ...ships])));
const described = microseconds(200, () => replica.extrapolate(0)) / ENTITIES;
console.log(`reading a ship that describes itself (9 fields and 2 enums) into an object: ${described.toFixed(3)} µs`);
printInteraction();
