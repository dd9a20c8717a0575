// @ts-check
// Follows the guide in docs/guide like a reader: runs its commands, and puts its files into the new game. Needs the program
// `tickcast` (TICKCAST_BIN), and builds the game with the builds of third-party crates in the target folder of the workspace.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const GUIDE = join(ROOT, 'docs/guide/src');
const PROGRAM = process.env.TICKCAST_BIN ?? join(ROOT, 'target/release/tickcast');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
/** Compilation takes minutes if the crates of the server are not compiled yet. */
const TEST_MS_MAX = 900_000;
/** The address in the guide. The test replaces it by that of the server which is running. */
const ADDRESS = '127.0.0.1:8080';

const execute = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'tickcast-guide-'));
after(() => rmSync(folder, { recursive: true }));

const environment = {
  ...process.env,
  PATH: `${dirname(PROGRAM)}${delimiter}${process.env.PATH}`,
  CARGO_TARGET_DIR: TARGET,
  CARGO_NET_OFFLINE: 'true',
  CARGO_PROFILE_DEV_DEBUG: 'line-tables-only',
  TICKCAST_LISTEN: '127.0.0.1:0',
  TICKCAST_ADMIN_LISTEN: 'off',
};

/** The folder in which the next command runs. */
let current = folder;
/** The folder of the game. */
const game = join(folder, 'orchard');

/** @returns {string[]} the names of the chapters, in order */
function chapters() {
  return [...readFileSync(join(GUIDE, 'SUMMARY.md'), 'utf8').matchAll(/\((.*)\)/g)].map(([, name]) => name);
}

/** @param {string} chapter @returns {{ kind: string, code: string }[]} */
function blocks(chapter) {
  const text = readFileSync(join(GUIDE, chapter), 'utf8');
  return [...text.matchAll(/^```(.+)\n([^]*?)^```/gm)].map(([, kind, code]) => ({ kind, code }));
}

/** Runs commands in the current folder. @param {string} commands @param {Server | undefined} server that is running */
async function run(commands, server) {
  const addressed = server ? commands.replaceAll(ADDRESS, server.address) : commands;
  const bots = server ? { TICKCAST_BOTS_URL: `ws://${server.address}/ws` } : {};
  try {
    await execute('bash', ['-euc', addressed], { cwd: current, env: { ...environment, ...bots } });
  } catch (error) {
    const { stdout, stderr } = /** @type {any} */ (error);
    throw new Error(`${commands}\n${stdout}${stderr}`);
  }
}

/** A server that a command of the guide has started. */
class Server {
  #process;
  address = '';

  /** @param {string} command */
  constructor(command) {
    const stdio = /** @type {const} */ (['ignore', 'pipe', 'inherit']);
    // A process group of its own: the command is `cargo run`, which does not pass signals on to the program.
    this.#process = spawn('bash', ['-euc', command], { cwd: current, env: environment, stdio, detached: true });
  }

  /** Waits until the server listens. */
  async start() {
    const lines = createInterface({ input: this.#process.stdout });
    for (;;) {
      const [line] = await Promise.race([once(lines, 'line'), once(lines, 'close')]);
      assert.ok(line !== undefined, 'the server listens');
      const [, address] = /:\/\/(\S+?)\/?$/.exec(line) ?? [];
      if (address === undefined) continue;
      this.address = address;
      return;
    }
  }

  async stop() {
    const ended = once(this.#process, 'exit');
    process.kill(-(/** @type {number} */ (this.#process.pid)), 'SIGTERM');
    await ended;
  }
}

/**
 * Puts code into the file that its first line names. Functions of JavaScript replace those of the same names.
 * @param {string} code
 */
function put(code) {
  const [, name] = /^\/\/ (\S+\/\S+)\n/.exec(code) ?? [];
  assert.ok(name, `the first line of each file names it:\n${code}`);
  const path = join(game, name);
  assert.ok(existsSync(path), `the template has ${name}`);
  writeFileSync(path, name.endsWith('.js') ? withFunctions(readFileSync(path, 'utf8'), code) : code);
}

/** @param {string} page @param {string} code */
function withFunctions(page, code) {
  for (const [text, name] of code.matchAll(/^function (\w+)\([^]*?^}\n/gm)) {
    const old = new RegExp(`^function ${name}\\([^]*?^}\n`, 'm');
    assert.match(page, old, `the page has a function ${name}`);
    page = page.replace(old, () => text);
  }
  return page;
}

/** @param {string} chapter */
async function follow(chapter) {
  /** @type {Server | undefined} */
  let server;
  try {
    for (const { kind, code } of blocks(chapter)) {
      if (kind === 'sh,server') {
        await server?.stop();
        server = new Server(code);
        await server.start();
      } else if (kind === 'sh') {
        await run(code, server);
        if (!existsSync(join(game, 'Cargo.lock')) && existsSync(game)) {
          copyFileSync(join(ROOT, 'Cargo.lock'), join(game, 'Cargo.lock'));
          current = game;
        }
      } else if (chapter === 'first-game.md') {
        put(code);
      }
    }
  } finally {
    await server?.stop();
  }
}

for (const chapter of chapters()) {
  test(`the commands of ${chapter} work`, { timeout: TEST_MS_MAX }, () => follow(chapter));
}

test('a test of the game detects rules that depend on the machine', { timeout: TEST_MS_MAX }, async () => {
  const path = join(game, 'rules/src/lib.rs');
  const rules = readFileSync(path, 'utf8');
  const faulty = rules.replace('*position = Position { x:', '*position = Position { x: (usize::BITS / 64) as i32 +');
  assert.notEqual(faulty, rules);
  writeFileSync(path, faulty);
  const tested = run('cargo test -p orchard --test program in_webassembly', undefined);
  await assert.rejects(tested, /Do the rules compute with `usize`/);
});
