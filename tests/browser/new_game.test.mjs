// @ts-check
// A game that `tickcast new` creates: its program serves a page on which two players meet.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { launch } from './chromium.mjs';
import { PROGRAM, Server } from './server.mjs';
import { Tab } from './tab.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
/** Compilation takes minutes if the crates of the server are not compiled yet. */
const TEST_MS_MAX = 600_000;
/** Distance in world units that shows that a disc was moved. */
const MOVED = 60;

/** @param {import('playwright-core').Page} page @returns {Promise<any>} */
const state = (page) => page.evaluate(() => {
  // @ts-expect-error defined by the page of the game
  const { state, connection } = window.client;
  const entities = Object.fromEntries(connection.replica?.entities ?? []);
  const players = Object.fromEntries(connection.replica?.players ?? []);
  const drawn = connection.sampleLocal(performance.now()).avatar;
  const { corrections, resyncs, checksums } = connection.statistics;
  return { state, player: connection.welcome?.seat?.player, entities, players, drawn, corrections, resyncs, checksums };
});

/**
 * @param {import('playwright-core').Page} page
 * @param {string} description
 * @param {(state: any) => boolean} holds
 */
async function until(page, description, holds) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const now = await state(page);
    if (holds(now)) return now;
    assert.ok(Date.now() < deadline, `waited until the page ${description}: ${JSON.stringify(now)}`);
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)));
  }
}

test('two tabs play a new game', { timeout: TEST_MS_MAX }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tickcast-new-'));
  try {
    execFileSync(PROGRAM, ['new', 'new-discs', '--template', 'discs', '--checkout', ROOT], { cwd: folder, stdio: 'ignore' });
    const game = join(folder, 'new-discs');
    copyFileSync(join(ROOT, 'Cargo.lock'), join(game, 'Cargo.lock'));
    const build = ['build', '--offline', '--quiet', '--target-dir', TARGET, '--config', 'profile.dev.debug="line-tables-only"'];
    execFileSync('cargo', build, { cwd: game, stdio: ['ignore', 'ignore', 'inherit'] });
    await play(join(TARGET, 'debug/new-discs'), join(game, 'web'));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** @param {string} program @param {string} web folder of the page */
async function play(program, web) {
  const server = await Server.startProgram(program, '--web-dir', web, '--ai-players', '0');
  const browser = await launch();
  try {
    const open = async (/** @type {string} */ query) => {
      const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
      const tab = new Tab(await context.newPage());
      await tab.page.goto(`${server.url}/?room=game&${query}`);
      return tab;
    };
    const [ada, bob] = [await open('name=Ada&latency=100'), await open('name=Bob')];
    const { player, entities } = await until(ada.page, 'is connected', ({ drawn }) => drawn !== null);
    await until(bob.page, 'knows Ada', ({ players }) => players[player]?.name === 'Ada');
    const { position: start } = entities[player];

    await ada.page.keyboard.down('KeyS');
    const seen = await until(bob.page, 'sees Ada move', (now) => now.entities[player].position.y > start.y + MOVED);
    assert.equal(seen.entities[player].controls.y, 1);
    await ada.screenshot('new-game');
    await ada.page.keyboard.up('KeyS');

    const end = await until(ada.page, 'has compared checksums', ({ checksums }) => checksums > 1);
    assert.deepEqual([end.resyncs, end.corrections], [0, 0], 'the rules in the page are those of the server');
    const response = await ada.page.request.get(`${server.url}/game.wasm`, { headers: { 'Accept-Encoding': 'br' } });
    assert.equal(response.headers()['content-encoding'], 'br');
    assert.deepEqual([...ada.errors, ...bob.errors], []);
  } finally {
    await browser.close();
    assert.equal(await server.stop(), 0);
  }
}
