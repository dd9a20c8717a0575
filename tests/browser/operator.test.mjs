// @ts-check
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

const FOLDER = mkdtempSync(join(tmpdir(), 'tickcast-'));
const TOKEN = 'a-token-of-at-least-thirty-two-bytes';
const TOKEN_FILE = join(FOLDER, 'token');
const OPTIONS = [
  ...EMPTY_ARENA, '--admin-listen', '127.0.0.1:0', '--operator-token-file', TOKEN_FILE, '--data-dir', join(FOLDER, 'data'),
];
const PAGE = /operator page at (\S+)/;

writeFileSync(TOKEN_FILE, `${TOKEN}\n`);
after(() => rmSync(FOLDER, { recursive: true, force: true }));

browserTest('an operator watches, pauses, kicks, bans and closes', OPTIONS, async (fixture) => {
  const ada = await fixture.open('?room=duel');
  await ada.join('<b>Ada</b>');
  const url = PAGE.exec(fixture.server.log)?.[1] ?? '';
  const page = await (await fixture.browser.newContext({ locale: 'en-US', acceptDownloads: true })).newPage();
  /** @type {string[]} */
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(url);
  const button = (/** @type {string} */ name) => page.getByRole('button', { name, exact: true });

  await page.getByLabel('Operator token').fill(TOKEN.replace('a', 'b'));
  await button('Sign in').click();
  await page.getByText("the operator's token is required").waitFor();
  await page.getByLabel('Operator token').fill(TOKEN);
  await button('Sign in').click();
  await button('duel').click();
  await page.getByRole('cell', { name: '<b>Ada</b>', exact: true }).waitFor();
  await page.locator('#plots polyline[points]').first().waitFor({ state: 'attached' });
  assert.equal(await page.locator('#clients b').count(), 0, 'no name became an element');

  const [watching] = await Promise.all([page.waitForEvent('popup'), page.getByRole('link', { name: 'Watch live' }).click()]);
  await watching.waitForURL(`${fixture.server.url}/?room=duel&spectate`);
  await watching.locator('#world').waitFor();
  await watching.close();

  await button('Pause').click();
  await button('Resume').waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), button('Download replay').click()]);
  assert.equal(download.suggestedFilename(), 'duel.replay');
  await button('Resume').click();
  await button('Pause').waitFor();

  await button('Kick').click();
  await ada.notice().getByText('An operator removed you from the room.').waitFor();
  await ada.page.reload();
  await ada.join('Ada');
  await button('Ban…').click();
  await button('Ban').click();
  await ada.notice().getByText('An operator has banned you.').waitFor();
  await page.getByRole('cell', { name: '127.0.0.1/32' }).waitFor();
  // The further requests of a banned page fail.
  fixture.tabs.splice(0);
  await ada.page.close();
  await button('Lift').click();
  await page.getByRole('cell', { name: '127.0.0.1/32' }).waitFor({ state: 'detached' });

  await button('Close room').click();
  await page.getByText('There are no rooms.').waitFor();
  await page.reload();
  await button('Sign out').click();
  await page.getByLabel('Operator token').waitFor();
  assert.ok(!fixture.server.log.includes(TOKEN) && !page.url().includes(TOKEN), 'the token stays secret');
  assert.deepEqual(problems, []);
});
