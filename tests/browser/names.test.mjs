// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

const MARKUP = '<img src=x>';
/** A bold tag, a right-to-left override, and a zero-width space. */
const TRICKS = '<b>\u202eEv\u200be</b>';
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

browserTest('markup and control characters in names are shown as text', EMPTY_ARENA, async (fixture) => {
  const [image, bold, witness] = [await fixture.open(), await fixture.open(), await fixture.open()];
  await image.join(MARKUP);
  await bold.join(TRICKS);
  await witness.join('Witness');
  const { players } = await witness.until('knows all players', (state) => state.players.length === 3);
  for (const { name } of players) assert.doesNotMatch(name, INVISIBLE);
  const names = players.map(({ name }) => name);
  assert.ok(names.includes(MARKUP), `${names} has ${MARKUP}`);
  assert.ok(names.includes('<b>Eve</b>'), `${names} has the sanitized name`);

  const board = witness.page.locator('#board');
  await board.getByText(MARKUP).waitFor();
  await board.getByText('<b>Eve</b>').waitFor();
  assert.equal(await board.locator('img, b').count(), 0, 'no name became an element');
  await witness.screenshot('desktop-names');
});

const DUEL = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3'];

browserTest('names are inert wherever they are shown', DUEL, async (fixture) => {
  const [hunter, prey] = [await fixture.open(), await fixture.open()];
  await hunter.join(MARKUP);
  await prey.join(TRICKS);
  const watcher = await fixture.open('?spectate');
  await hunter.page.mouse.down();
  await Promise.all([
    prey.notice().getByText(`Destroyed by ${MARKUP}`).waitFor(),
    hunter.until('has a kill', ({ players }) => players.some(({ kills }) => kills === 1), async (state) => {
      await hunter.aim(state, state.others[0] ?? { x: 256, y: 256 });
    }),
  ]);
  await hunter.page.mouse.up();
  await watcher.page.locator('#feed').getByText(`${MARKUP} destroyed <b>Eve</b>`).waitFor();
  await watcher.page.keyboard.press('KeyD');
  await watcher.page.locator('#watching').getByText(MARKUP).waitFor();
  for (const tab of [hunter, prey, watcher]) {
    assert.equal(await tab.page.locator('img').count(), 0, 'no name became an element');
    const isolated = tab.page.locator('.feed b, .board .name, #watching, .notice h2');
    const bidi = await isolated.evaluateAll((all) => all.map((one) => getComputedStyle(one).unicodeBidi));
    assert.deepEqual([...new Set(bidi)], ['isolate'], 'no name affects the direction of other text');
  }
});

browserTest('a long name is truncated between graphemes', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open(`?play&name=${encodeURIComponent('e\u0301'.repeat(40))}`);
  const { players } = await tab.until('is playing', ({ phase, players }) => phase === 'playing' && players.length === 1);
  assert.equal(players[0].name, '\u00e9'.repeat(16));
});
