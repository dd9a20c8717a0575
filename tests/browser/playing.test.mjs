// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

/** A ship that has moved this many units must have been under thrust. */
const FLOWN_UNITS = 60;

browserTest('a player flies and fires, and another tab sees it', EMPTY_ARENA, async (fixture) => {
  const [ada, bob] = [await fixture.open(), await fixture.open()];
  const { player } = await ada.join('Ada');
  const { room } = await bob.join('Bob');
  const { others } = await bob.until('sees the other ship', (state) => state.others.some(({ name }) => name === 'Ada'));
  const from = others[0];

  const start = await ada.state();
  assert.equal(start.room, room, 'both were assigned the same room');
  await ada.aim(start, { x: 256, y: 256 });
  await ada.page.keyboard.down('KeyW');
  await bob.until('sees it move', ({ others: [ship] }) => Math.hypot(ship.x - from.x, ship.y - from.y) > FLOWN_UNITS);
  const flying = await ada.state();
  assert.ok(flying.own?.isThrusting, 'the local ship shows its exhaust');
  await ada.page.keyboard.up('KeyW');

  await ada.page.mouse.down();
  const seen = await bob.until('sees a bullet', ({ entities }) => entities.bullets > 0);
  await bob.assertPainted();
  await ada.page.mouse.up();
  assert.equal(seen.others[0].player, player);
  assert.deepEqual(seen.players.map(({ name }) => name).sort(), ['Ada', 'Bob']);
  await ada.assertPainted();
});

browserTest('the keyboard alone turns the ship and fires', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?name=Keys&play');
  const { own } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await tab.page.keyboard.down('KeyD');
  await tab.until('has turned', (state) => state.own !== null && state.own.heading !== own?.heading);
  await tab.page.keyboard.up('KeyD');
  await tab.page.keyboard.down('Space');
  await tab.until('has fired', ({ entities }) => entities.bullets > 0);
  await tab.page.keyboard.up('Space');
  await tab.until('has no bullets left', ({ entities }) => entities.bullets === 0);
});

browserTest('a spectator has no seat', EMPTY_ARENA, async (fixture) => {
  const player = await fixture.open('?room=seen');
  await player.join('Ada');
  const watcher = await fixture.open('?room=seen&spectate');
  const state = await watcher.until('sees the ship', ({ phase, others }) => phase === 'spectating' && others.length === 1);
  assert.equal(state.player, null);
  const named = await watcher.until('knows the player', ({ players }) => players.length > 0);
  assert.deepEqual(named.players.map(({ name }) => name), ['Ada']);
  await watcher.assertPainted();
});

browserTest('a larger window shows more', ['--drones', '0', '--orbs', '600', '--seed', '5'], async (fixture) => {
  const tab = await fixture.open();
  await tab.page.setViewportSize({ width: 240, height: 320 }); // shown at the minimum scale
  const { entities } = await tab.join('Ada');
  for (let width = 500; width <= 1280; width += 20) await tab.page.setViewportSize({ width, height: 720 });
  await tab.until('sees more', (state) => state.entities.orbs > 1.5 * entities.orbs);
});
