// @ts-check
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { Server } from './server.mjs';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';
import { CONNECTION_FAILED } from './tab.mjs';

/** @typedef {import('./tab.mjs').Tab} Tab */
/** @typedef {import('./tab.mjs').State} State */

const FOLDER = mkdtempSync(join(tmpdir(), 'tickcast-restart-'));
after(() => rmSync(FOLDER, { recursive: true }));
const STORED = [...EMPTY_ARENA, '--data-dir', join(FOLDER, 'data'), '--admin-listen', 'off'];

/** Flies until the ship is far from its start. @param {Tab} tab */
async function flyAway(tab) {
  const { own: from } = await tab.state();
  await tab.page.keyboard.down('KeyW');
  const { own } = await tab.until('has flown', (state) => (
    state.own !== null && from !== null && Math.hypot(state.own.x - from.x, state.own.y - from.y) > 150
  ));
  await tab.page.keyboard.up('KeyW');
  assert.ok(own);
}

browserTest('a stalled connection has a banner, and a lost one is resumed in the same ship', EMPTY_ARENA, async (fixture) => {
  const proxy = await fixture.startProxy();
  const tab = await fixture.open('?room=kept&play&name=Ada&transport=websocket', SCREENS.desktop, proxy.url);
  const { player } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await flyAway(tab);
  const banner = tab.page.getByText('No data from the server');
  assert.equal(await banner.isHidden(), true);
  proxy.stall();
  await banner.waitFor();
  const filter = await tab.page.locator('#world').evaluate((world) => getComputedStyle(world).filter);
  assert.match(filter, /^grayscale/, 'the world is grey while no data arrives');
  await tab.screenshot('desktop-stalled');
  tab.expectError(CONNECTION_FAILED);
  proxy.disconnect();
  const { own: lost, closeText } = await tab.until('is disconnected', ({ phase }) => phase === 'reconnecting');
  assert.equal(closeText, 'the connection was lost');
  await tab.notice().getByText('Connection lost').waitFor();
  await tab.assertPainted();
  await tab.screenshot('desktop-lost');
  proxy.connectTo(fixture.server.url);
  const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.deepEqual([back.player, back.net?.resumed, back.net?.reconnects, back.players.length], [player, true, 1, 1]);
  const drift = Math.hypot((back.own?.x ?? NaN) - (lost?.x ?? NaN), (back.own?.y ?? NaN) - (lost?.y ?? NaN));
  assert.ok(drift < 400, `the ship is ${drift} units from where it was, farther than it can drift`);
  await tab.notice().waitFor({ state: 'hidden' });
  await tab.page.keyboard.down('KeyD');
  await tab.until('steers it', ({ own }) => own !== null && own.heading !== back.own?.heading);
});

browserTest('after a reload of the page the player continues in the same ship', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?play&name=Ada', SCREENS.desktop);
  const { player, room } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await flyAway(tab);
  await tab.page.reload();
  const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.deepEqual([back.room, back.player, back.net?.resumed, back.players.length], [room, player, true, 1]);
});

/**
 * Stops the server while a player plays, and starts it again.
 * @param {import('./fixture.mjs').Fixture} fixture
 * @param {string[]} options of the server
 * @param {(tab: Tab, before: State, back: State) => Promise<void>} check called when the player plays again
 */
async function restart(fixture, options, check) {
  const proxy = await fixture.startProxy();
  const tab = await fixture.open('?room=restart&play&name=Ada&transport=websocket', SCREENS.desktop, proxy.url);
  const before = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  tab.expectError(CONNECTION_FAILED);
  assert.equal(await fixture.server.stop(), 0);
  proxy.disconnect();
  await tab.until('is disconnected', ({ phase }) => phase === 'reconnecting');
  await tab.notice().getByText('The server is shutting down.').waitFor();
  await tab.screenshot('desktop-restarting');
  const next = await Server.start(...options);
  try {
    proxy.connectTo(next.url);
    await check(tab, before, await tab.until('is playing again', ({ phase, own }) => phase === 'playing' && own !== null));
    await tab.close();
  } finally {
    assert.equal(await next.stop(), 0);
  }
}

browserTest('after a server restart the player continues in a new ship', EMPTY_ARENA, (fixture) => (
  restart(fixture, EMPTY_ARENA, async (tab, before, back) => {
    assert.deepEqual([back.room, back.net?.resumed, back.net?.reconnects], ['restart', false, 1]);
    await tab.page.locator('#toast').getByText('The server was restarted. You have a new ship.').waitFor();
    await tab.screenshot('desktop-new-ship');
  })
));

browserTest('after the restart of a server that stores its rooms, the player continues in the same ship', STORED, (fixture) => (
  restart(fixture, STORED, async (tab, before, back) => {
    const seat = [back.room, back.player, back.net?.resumed, back.net?.reconnects, back.players.length];
    assert.deepEqual(seat, ['restart', before.player, true, 1, 1]);
    assert.ok((back.tick ?? 0) > (before.tick ?? Infinity), `the match continues: ${before.tick}, ${back.tick}`);
  })
));

browserTest('a seat that another tab resumed is not resumed again', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=seat&play&name=Ada');
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  const { room } = await tab.state();
  await tab.page.evaluate(resumeElsewhere, room);
  const { closeText } = await tab.until('is closed', ({ phase }) => phase === 'closed');
  assert.equal(closeText, 'another connection resumed this seat');
});

/**
 * Resumes the tab's seat with a second connection.
 * @param {string} room
 */
async function resumeElsewhere(room) {
  // @ts-expect-error defined by main.js
  const resume = window.tickcast.resumeToken();
  // @ts-ignore served by the server
  const { Connection } = await import('/netcode/index.js');
  const second = new Connection({
    url: `${location.origin.replace('http', 'ws')}/ws?room=${room}`,
    role: { kind: 'player', name: 'Ada' },
    viewport: { width: 100, height: 100 },
    resume,
    openSocket: (/** @type {string} */ url, /** @type {string} */ protocol) => new WebSocket(url, protocol),
    now: () => performance.now(),
  });
  second.open();
}
