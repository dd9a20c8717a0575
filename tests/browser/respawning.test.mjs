// @ts-check
import assert from 'node:assert/strict';
import { SCREENS, browserTest } from './fixture.mjs';

const DUEL = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3'];
const CENTRE = { x: 256, y: 256 };

browserTest('a destroyed player respawns', DUEL, async (fixture) => {
  const [hunter, prey] = [await fixture.open(), await fixture.open('', SCREENS.phone)];
  await hunter.join('Hunter');
  await prey.join('Prey');
  await hunter.page.mouse.down();
  const hasKilled = (/** @type {import('./tab.mjs').State} */ { players }) => (
    players.some(({ name, kills }) => name === 'Hunter' && kills === 1)
  );
  const [dead] = await Promise.all([
    prey.until('is dead', ({ phase }) => phase === 'dead'),
    hunter.until('has a kill', hasKilled, (state) => hunter.aim(state, state.others[0] ?? CENTRE)),
  ]);
  // The new ship is protected only for a short time. The test therefore waits for the ship's state and examines the page at
  // the same time.
  const respawned = prey.until('has respawned', ({ phase, own }) => phase === 'playing' && own !== null);
  await prey.notice().getByText('Destroyed by Hunter').waitFor();
  await prey.notice().getByText(/^0:\d\d alive · 0 kills · rank 2 of 2$/).waitFor();
  await prey.assertFits();
  await prey.screenshot('phone-destroyed');
  assert.equal(dead.own, null);
  await hunter.page.mouse.up();
  await hunter.page.locator('#feed').getByText('You destroyed Prey').waitFor();

  const back = await respawned;
  assert.equal(back.own?.hull, 1);
  assert.equal(back.own?.isProtected, true);
  assert.equal(back.players.find(({ name }) => name === 'Prey')?.deaths, 1);
  await prey.notice().waitFor({ state: 'hidden' });
  await hunter.until('sees it again', ({ others }) => others.length === 1);
});
