// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, onStage } from './stage.mjs';

const MARKUP = '<img src=x>';
/** A bold tag, an override that turns the writing around, and a zero-width space. */
const TRICKS = '<b>\u202eEv\u200be</b>';
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

onStage('a name with markup and tricks is shown as the text it is', EMPTY_ARENA, async (stage) => {
  const [image, bold, witness] = [await stage.open(), await stage.open(), await stage.open()];
  await image.join(MARKUP);
  await bold.join(TRICKS);
  await witness.join('Witness');
  const { members } = await witness.until('knows everybody', (state) => state.members.length === 3);
  for (const { name } of members) assert.doesNotMatch(name, INVISIBLE);
  const names = members.map(({ name }) => name);
  assert.ok(names.includes(MARKUP), `${names} has ${MARKUP}`);
  assert.ok(names.includes('<b>Eve</b>'), `${names} has the name without its tricks`);

  const board = witness.page.locator('#board');
  await board.getByText(MARKUP).waitFor();
  await board.getByText('<b>Eve</b>').waitFor();
  assert.equal(await board.locator('img, b').count(), 0, 'no name has become an element');
  await witness.keep('desktop-names');
});

const DUEL = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3'];

onStage('names are inert wherever they are told', DUEL, async (stage) => {
  const [hunter, prey] = [await stage.open(), await stage.open()];
  await hunter.join(MARKUP);
  await prey.join(TRICKS);
  const watcher = await stage.open('?spectate');
  await hunter.page.mouse.down();
  await Promise.all([
    prey.notice().getByText(`Destroyed by ${MARKUP}`).waitFor(),
    hunter.until('has made a kill', ({ members }) => members.some(({ kills }) => kills === 1), async (state) => {
      await hunter.aim(state, state.others[0] ?? { x: 256, y: 256 });
    }),
  ]);
  await hunter.page.mouse.up();
  await watcher.page.locator('#feed').getByText(`${MARKUP} destroyed <b>Eve</b>`).waitFor();
  await watcher.page.keyboard.press('KeyD');
  await watcher.page.locator('#watching').getByText(MARKUP).waitFor();
  for (const tab of [hunter, prey, watcher]) {
    assert.equal(await tab.page.locator('img').count(), 0, 'no name has become an element');
    const isolated = tab.page.locator('.feed b, .board .name, #watching, .notice h2');
    const bidi = await isolated.evaluateAll((all) => all.map((one) => getComputedStyle(one).unicodeBidi));
    assert.deepEqual([...new Set(bidi)], ['isolate'], 'no name turns around what stands beside it');
  }
});

onStage('a name that is too long is cut between graphemes', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open(`?play&name=${encodeURIComponent('e\u0301'.repeat(40))}`);
  const { members } = await tab.until('is playing', ({ phase, members }) => phase === 'playing' && members.length === 1);
  assert.equal(members[0].name, '\u00e9'.repeat(16));
});
