// @ts-check
/**
 * Mutation test of the golden vectors: at least one vector must fail for each deliberate fault in a client. A client that
 * passes all vectors thus has none of these faults.
 */

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { FAULTS, UNOBSERVABLE } from './faults.mjs';
import { messageChecks, motionChecks, replicaChecks } from './vectors.mjs';

/** @typedef {import('./faults.mjs').Fault} Fault */

const SOURCE = new URL('../../web/netcode/', import.meta.url);
const sources = new Map(readdirSync(SOURCE)
  .filter((name) => name.endsWith('.js'))
  .map((name) => [name, readFileSync(new URL(name, SOURCE), 'utf8')]));

/** The fastest checks are first, because the first check that fails ends the test of a fault. */
const checks = [...messageChecks, ...replicaChecks, ...motionChecks];

const folder = mkdtempSync(join(tmpdir(), 'faulty-netcode-'));
after(() => rmSync(folder, { recursive: true }));

/** @param {Fault} fault @param {number} number @returns {Promise<any>} a copy of the client with this fault */
async function faultyClient({ fault, file, from, to }, number) {
  const copy = join(folder, String(number));
  mkdirSync(copy);
  writeFileSync(join(copy, 'package.json'), '{"type":"module"}');
  for (const [name, text] of sources) {
    if (name === file) {
      assert.equal(text.split(from).length, 2, `${fault}: the replaced code occurs once in ${file}`);
    }
    writeFileSync(join(copy, name), name === file ? text.replace(from, () => to) : text);
  }
  return import(pathToFileURL(join(copy, 'index.js')).href);
}

/** @param {any} netcode @returns {string | undefined} the name of the first check that fails */
function failingCheck(netcode) {
  const fails = (/** @type {(netcode: any) => void} */ check) => {
    try {
      check(netcode);
      return false;
    } catch {
      return true;
    }
  };
  return checks.find(({ check }) => fails(check))?.name;
}

test('a copy of the client without a fault passes all vectors', async () => {
  const identity = { fault: 'none', file: 'digest.js', from: 'class Digest', to: 'class Digest' };
  assert.equal(failingCheck(await faultyClient(identity, -1)), undefined);
});

FAULTS.forEach((fault, number) => test(`vectors detect that ${fault.fault}`, async () => {
  assert.notEqual(failingCheck(await faultyClient(fault, number)), undefined);
}));

UNOBSERVABLE.forEach((fault, number) => test(`unobservable: ${fault.fault}, because ${fault.reason}`, async () => {
  assert.equal(failingCheck(await faultyClient(fault, FAULTS.length + number)), undefined);
}));
