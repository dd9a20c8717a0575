// @ts-check
// Upgrades and rounds, with screenshots in tests/output/.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { SCREENS, browserTest } from './fixture.mjs';

const FOLDER = mkdtempSync(join(tmpdir(), 'tickcast-rounds-'));
/** An arena full of orbs, with short rounds, on a server that keeps profiles. */
const ORBS = ['--world-size', '700', '--drones', '0', '--rocks', '0', '--orbs', '700', '--seed', '3', '--round', '15',
  '--admin-listen', 'off'];

/** @param {string} name of the folder */
const storing = (name) => [...ORBS, '--data-dir', join(FOLDER, name)];

after(() => rmSync(FOLDER, { recursive: true, force: true }));

const CASES = /** @type {const} */ ([
  ['landscape', (/** @type {import('./tab.mjs').Tab} */ tab) => tab.page.locator('#choice-2').tap()],
  ['desktop', (/** @type {import('./tab.mjs').Tab} */ tab) => tab.page.keyboard.press('Digit2')],
  ['phone', (/** @type {import('./tab.mjs').Tab} */ tab) => tab.page.locator('#choice-2').tap()],
]);
// Each takes 20 s. TICKCAST_EVERY_WINDOW=1 runs all of them.
for (const [name, choose] of process.env.TICKCAST_EVERY_WINDOW === '1' ? CASES : CASES.slice(0, 1)) {
  browserTest(`orbs earn an upgrade, and a round ends with a podium: ${name}`, storing(name), async (fixture) => {
    const tab = await fixture.open('?play&name=Ada', SCREENS[name]);
    await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
    // The ship flies in circles and collects orbs.
    for (const key of ['KeyW', 'KeyA']) await tab.page.keyboard.down(key);
    await tab.until('has an offer', ({ own }) => (own?.offer.length ?? 0) === 3);
    const offer = tab.page.locator('#choice');
    await offer.waitFor();
    await tab.screenshot(`${name}-choice`);
    const level = (await tab.state()).own?.level ?? 0;
    await choose(tab);
    await tab.until('has chosen', (state) => (state.own?.level ?? 0) > level);

    const best = tab.page.waitForResponse(/leaderboard/);
    const { podium, players, roundLeftS } = await tab.until('sees the podium', (state) => state.podium !== null);
    await best;
    await tab.screenshot(`${name}-podium`);
    const result = podium?.own ?? { score: 0, rank: 0 };
    const isListed = podium?.places.some(({ player, score }) => player.isOwn && score === result.score) ?? false;
    assert.equal(isListed, result.score > 0, `the result is ${result.score} points, place ${result.rank}`);
    assert.ok((roundLeftS ?? 0) > 5, `${roundLeftS} s are left of the next round`);
    assert.equal(players.length, podium?.own?.count);
    await tab.until('sees no podium any more', (state) => state.podium === null);
  });
}
