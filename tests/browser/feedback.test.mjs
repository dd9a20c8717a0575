// @ts-check
// What the page asks and tells a new player.
import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

browserTest('a new player is asked about sound once, and can play meanwhile', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  const question = tab.page.getByRole('group', { name: 'Sound' });
  await tab.join('Ada');
  await question.getByText('Play with sound?').waitFor();
  await tab.screenshot('desktop-question');
  await tab.page.keyboard.down('Space');
  await tab.until('fires', ({ entities }) => entities.bullets > 0);
  await tab.page.keyboard.up('Space');
  await question.getByRole('button', { name: 'Sound on' }).click();
  await question.waitFor({ state: 'hidden' });
  await tab.page.locator('#tool-sound[aria-pressed="true"]').waitFor();

  await tab.leave();
  await tab.page.reload();
  await tab.join('Ada');
  assert.equal(await question.isVisible(), false);
});

browserTest('a player who declines sound is not asked again', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('', SCREENS.phone);
  const question = tab.page.getByRole('group', { name: 'Sound' });
  await tab.join('Ada');
  await question.getByRole('button', { name: 'No, thanks' }).tap();
  await question.waitFor({ state: 'hidden' });
  await tab.page.goto(`${fixture.server.url}/?play`);
  await tab.until('is playing', ({ own }) => own !== null);
  assert.equal(await question.isVisible(), false);
});

browserTest('the hint of a control disappears once the control was used', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?play&name=Ada');
  await tab.until('is playing', ({ own }) => own !== null);
  const hints = tab.page.locator('#hint-play > :visible');
  const controls = () => hints.evaluateAll((all) => all.map((hint) => hint.getAttribute('data-control')));
  assert.deepEqual(await controls(), ['aim', 'thrust', 'fire', 'dash', 'help']);
  await tab.page.keyboard.press('Shift');
  await tab.page.locator('[data-control="dash"]').waitFor({ state: 'hidden' });
  await tab.page.keyboard.press('KeyW');
  await tab.page.locator('[data-control="thrust"]').waitFor({ state: 'hidden' });
  await tab.page.keyboard.press('KeyH');
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await tab.page.locator('[data-control="help"]').waitFor({ state: 'hidden' });
  await tab.page.keyboard.press('Space');
  await tab.page.locator('#hint-play [data-control="fire"]').waitFor({ state: 'hidden' });
});
