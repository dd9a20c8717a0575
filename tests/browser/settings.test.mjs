// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

browserTest('settings apply immediately and are remembered', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  const motion = () => tab.page.evaluate(() => document.body.dataset.motion);
  await tab.join('Ada');
  assert.equal(await motion(), 'full');
  await tab.page.keyboard.press('KeyO');
  const dialog = tab.page.getByRole('dialog', { name: 'Settings' });
  await dialog.getByLabel('Motion').selectOption('less');
  await dialog.getByLabel('Sound').check();
  await dialog.getByLabel('Volume').fill('0.25');
  await tab.screenshot('desktop-settings');
  await dialog.getByRole('button', { name: 'Close' }).click();
  await tab.state();
  assert.equal(await motion(), 'less');

  await tab.leave();
  await tab.page.reload();
  assert.equal(await tab.page.getByLabel('Your name').inputValue(), 'Ada');
  await tab.state();
  assert.equal(await motion(), 'less');
  await tab.page.getByRole('button', { name: 'Settings' }).click();
  assert.equal(await dialog.getByLabel('Sound').isChecked(), true);
  assert.equal(await dialog.getByLabel('Volume').inputValue(), '0.25');
});

browserTest('the reduced-motion preference of the system is respected', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?play', { ...SCREENS.desktop, reducedMotion: 'reduce' });
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  assert.equal(await tab.page.evaluate(() => document.body.dataset.motion), 'less');
});

browserTest('the help opens with a key, and its keys do not control the ship', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  await tab.join('Ada');
  await tab.page.keyboard.press('?');
  const dialog = tab.page.getByRole('dialog', { name: 'How to play' });
  await dialog.getByText('left stick, fully pushed').waitFor();
  await tab.screenshot('desktop-help');
  await tab.page.keyboard.press('Space');
  await tab.page.keyboard.down('KeyW');
  const { own, entities } = await tab.state();
  assert.deepEqual([own?.isThrusting, entities.bullets], [false, 0]);
  await tab.page.keyboard.up('KeyW');
  await tab.page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'hidden' });
});

const GAME_MENU = 'the menu of the game is opened with Escape; it changes the name and asks before leaving';
browserTest(GAME_MENU, EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=menu');
  await tab.join('Ada');
  const menu = tab.page.getByRole('dialog', { name: 'Room menu' });
  await tab.page.keyboard.press('Escape');
  await menu.getByText('If you leave, you lose your ship.').waitFor();
  await tab.screenshot('desktop-game-menu');
  await tab.page.keyboard.press('Escape');
  await menu.waitFor({ state: 'hidden' });

  await tab.page.keyboard.press('Escape');
  await menu.getByLabel('Change name').fill('Grace');
  await menu.getByLabel('Change name').press('Enter');
  await tab.until('plays as Grace', ({ room, players }) => (
    room === 'menu' && players.length === 1 && players[0].name === 'Grace'
  ));

  await tab.page.getByRole('button', { name: 'Leave' }).click();
  await menu.getByRole('button', { name: 'Resume' }).click();
  assert.equal((await tab.state()).phase, 'playing');
  await tab.leave();
  await tab.page.getByLabel('Your name').waitFor();
});
