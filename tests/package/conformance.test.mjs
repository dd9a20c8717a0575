// @ts-check
// Examines the JavaScript client with the conformance server. The client must pass. A client with a deliberate fault must
// fail the rule that the fault violates.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BEHAVIOUR_FAULTS } from '../js/faults.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const PROGRAM = process.env.TICKCAST_BIN ?? join(ROOT, 'target/release/tickcast');
/** Time for which the client plays. It is longer than any examination, so that the client does not leave during one. */
const PLAY_S = 150;

const folder = mkdtempSync(join(tmpdir(), 'tickcast-conformance-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/**
 * Creates a project with the example client and a copy of the netcode.
 * @param {string} name
 * @param {{file: string, from: string, to: string} | null} fault in the copy
 * @returns {string} the folder of the project
 */
function createProject(name, fault) {
  const project = join(folder, name);
  const netcode = join(project, 'node_modules/tickcast-netcode');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  cpSync(join(ROOT, 'web/netcode'), netcode, { recursive: true });
  symlinkSync(join(HERE, 'node_modules/ws'), join(project, 'node_modules/ws'));
  cpSync(join(HERE, 'websocket.mjs'), join(project, 'websocket.mjs'));
  cpSync(join(ROOT, 'examples/play.mjs'), join(project, 'play.mjs'));
  if (fault !== null) {
    const path = join(netcode, fault.file);
    const text = readFileSync(path, 'utf8');
    assert.equal(text.split(fault.from).length, 2, `the replaced code occurs once in ${fault.file}`);
    writeFileSync(path, text.replace(fault.from, () => fault.to));
  }
  return project;
}

/**
 * Examines the client of a project.
 * @param {string} project
 * @returns {Promise<{status: number, report: any, text: string}>}
 */
async function examine(project) {
  const json = join(project, 'report.json');
  const options = ['conformance', '--listen', '127.0.0.1:0', '--json', json];
  const server = spawn(PROGRAM, options, { stdio: ['ignore', 'pipe', 'inherit'] });
  const exit = once(server, 'exit');
  /** @type {string[]} */
  const lines = [];
  /** @type {import('node:child_process').ChildProcess | null} */
  let client = null;
  for await (const line of createInterface({ input: server.stdout })) {
    lines.push(line);
    const [url] = /ws:\S+$/.exec(line) ?? [];
    if (client === null && url !== undefined) {
      const parameters = ['--import', './websocket.mjs', 'play.mjs', url, String(PLAY_S)];
      client = spawn(process.execPath, parameters, { cwd: project, stdio: 'ignore' });
    }
  }
  const [status] = await exit;
  client?.kill();
  return { status, report: JSON.parse(readFileSync(json, 'utf8')), text: lines.join('\n') };
}

describe('the conformance server', { concurrency: 16 }, () => {
  test('the JavaScript example passes', async () => {
    const { status, report, text } = await examine(createProject('correct', null));
    assert.equal(status, 0, text);
    assert.equal(report.passed, true, text);
    assert.ok(report.rules.every((/** @type {any} */ rule) => rule.outcome === 'passed'), text);
  });

  BEHAVIOUR_FAULTS.forEach((fault, number) => test(`detects that ${fault.fault}`, async () => {
    const { status, report, text } = await examine(createProject(`fault-${number}`, fault));
    const failed = report.rules.filter((/** @type {any} */ rule) => rule.outcome === 'failed');
    assert.equal(status, 1, text);
    assert.ok(failed.some((/** @type {any} */ rule) => rule.id === fault.rule), text);
  }));
});
