// @ts-check
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { browserTest } from './fixture.mjs';

const MARKUP = '<i>Hunter</i>';
const FOLDER = mkdtempSync(join(tmpdir(), 'tickcast-'));
const DUEL = [
  '--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3', '--data-dir', join(FOLDER, 'data'),
];
const CENTRE = { x: 256, y: 256 };

after(() => rmSync(FOLDER, { recursive: true, force: true }));

/**
 * Makes one player fire at the other until the other's ship is destroyed.
 * @param {import('./tab.mjs').Tab} hunter
 * @param {import('./tab.mjs').Tab} prey
 */
async function destroy(hunter, prey) {
  const kills = (/** @type {import('./tab.mjs').State} */ { players }) => players.find(({ isOwn }) => isOwn)?.kills ?? 0;
  let before = 0;
  await hunter.until('is in the list of players', (state) => {
    before = kills(state);
    return state.players.some(({ isOwn }) => isOwn);
  });
  await hunter.page.mouse.down();
  await Promise.all([
    prey.until('is dead', ({ phase }) => phase === 'dead'),
    hunter.until('has another kill', (state) => kills(state) > before, (state) => (
      hunter.aim(state, state.others[0] ?? CENTRE)
    )),
  ]);
  await hunter.page.mouse.up();
}

browserTest('players see their profile, the leaderboard and their best, and can delete their data', DUEL, async (fixture) => {
  const [hunter, prey] = [await fixture.open(), await fixture.open()];
  const { page } = hunter;
  await hunter.join(MARKUP);
  await prey.join('Prey');
  assert.equal(await page.getByRole('region', { name: 'Your profile' }).isVisible(), false);
  await destroy(hunter, prey);
  await hunter.leave();
  const profile = page.getByRole('region', { name: 'Your profile' });
  await profile.getByText('best score').waitFor();
  assert.match(await profile.innerText(), /best score\s+100[^]*kills\s+1[^]*deaths\s+0[^]*games\s+1/);
  await hunter.screenshot('desktop-profile');

  await page.getByRole('button', { name: 'Leaderboard' }).click();
  for (const period of ['Today', 'This week', 'All time']) {
    await page.getByRole('button', { name: period }).click();
    await page.locator('#scores-list .own').getByText(MARKUP).waitFor();
  }
  await page.getByText('Your best is 100, rank 1.').waitFor();
  assert.equal(await page.locator('#scores-list i').count(), 0, 'no name became an element');
  await hunter.screenshot('desktop-leaderboard');
  await page.keyboard.press('Escape');

  await hunter.join(MARKUP);
  await prey.until('has a ship', ({ phase }) => phase === 'playing');
  // The notice disappears when the ship respawns.
  const best = hunter.notice().getByText('Personal best: 100, rank 1').waitFor();
  await Promise.all([best, destroy(prey, hunter)]);
  await hunter.screenshot('desktop-best');
  await hunter.leave();

  await page.getByRole('button', { name: 'Leaderboard' }).click();
  await page.getByRole('button', { name: 'Delete my data' }).click();
  await page.getByRole('button', { name: 'Keep' }).click();
  await page.getByRole('button', { name: 'Delete my data' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await page.getByText('Your data was deleted.').waitFor();
  await profile.waitFor({ state: 'hidden' });
  assert.equal(await page.locator('#scores-list').getByText(MARKUP).count(), 0);
});
