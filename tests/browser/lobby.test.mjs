// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

browserTest('a new room appears in the lobby, fills, and can be watched when full', EMPTY_ARENA, async (fixture) => {
  const [host, guest, late] = [await fixture.open(), await fixture.open(), await fixture.open()];
  await late.page.getByText('No rooms yet').waitFor();
  await host.page.getByRole('button', { name: 'New room' }).click();
  await host.page.getByLabel('Name', { exact: true }).fill('duel');
  await host.page.getByLabel('Players').selectOption('2');
  await host.page.getByLabel('Drones').selectOption('none');
  await host.page.getByLabel('Tick rate (Hz)').selectOption('20');
  await host.screenshot('desktop-new-room');
  await host.page.getByRole('button', { name: 'Create and play' }).click();
  await host.until('is playing', ({ phase, room }) => phase === 'playing' && room === 'duel');
  await late.page.getByText('1 of 2 playing, 20 ticks/s').waitFor();

  await guest.page.getByRole('button', { name: 'Join the room duel' }).click();
  await guest.until('is playing', ({ phase, players }) => phase === 'playing' && players.length === 2);
  const full = late.page.getByRole('button', { name: 'Join the room duel' }).and(late.page.getByText('Full'));
  await full.waitFor();
  assert.equal(await full.isDisabled(), true);
  // The server stores nothing.
  assert.equal(await late.page.getByRole('button', { name: 'Replay of the room duel' }).isVisible(), false);
  await late.screenshot('desktop-lobby');

  await guest.leave();
  await guest.page.getByText('1 of 2 playing').waitFor();
  await late.page.getByRole('button', { name: 'Watch the room duel' }).click();
  await late.until('is spectating', ({ phase, player, others }) => (
    phase === 'spectating' && player === null && others.length === 1
  ));
  await guest.page.getByText('1 of 2 playing, 1 watching').waitFor();
});

browserTest('a taken room name is reported', EMPTY_ARENA, async (fixture) => {
  const [first, second] = [await fixture.open('?room=taken&play'), await fixture.open()];
  await first.until('is playing', ({ phase }) => phase === 'playing');
  await second.page.getByRole('button', { name: 'New room' }).click();
  await second.page.getByLabel('Name', { exact: true }).fill('taken');
  second.expectError(/409/);
  await second.page.getByRole('button', { name: 'Create and play' }).click();
  await second.page.locator('#create-error').filter({ hasText: /\S/ }).waitFor();
});

browserTest('a shared link leads to the same room', EMPTY_ARENA, async (fixture) => {
  const [left, right] = [await fixture.open('?room=left'), await fixture.open('?room=right')];
  await left.join('Ada');
  await right.join('Bob');
  await left.page.getByRole('button', { name: 'Invite' }).click();
  const link = new URL(await left.page.getByLabel('Link to play').inputValue());
  const watchLink = new URL(await left.page.getByLabel('Link to watch').inputValue());
  assert.deepEqual([link.origin, watchLink.origin], [fixture.server.url, fixture.server.url]);
  await left.screenshot('desktop-share');
  await left.page.keyboard.press('Escape');
  await left.page.evaluate(() => Object.assign(navigator, {
    share: async (/** @type {ShareData} */ { url }) => void (document.title = String(url)),
  }));
  await left.page.getByRole('button', { name: 'Invite' }).click();
  await left.page.getByRole('button', { name: 'Share' }).nth(1).click();
  await left.page.getByRole('dialog').waitFor({ state: 'hidden' });
  assert.equal(await left.page.title(), watchLink.href, 'the share sheet of the system gets the link');

  const guest = await fixture.open(link.search);
  await guest.page.getByText('You will join the room left.').waitFor();
  await guest.join('Cleo');
  await guest.until('sees the other player', (state) => state.others.length === 1);
  const { players } = await guest.until('knows the other player', (state) => state.players.length === 2);
  assert.deepEqual(players.map(({ name }) => name).sort(), ['Ada', 'Cleo']);

  const watcher = await fixture.open(watchLink.search);
  const seen = await watcher.until('sees both', ({ phase, others }) => phase === 'spectating' && others.length === 2);
  assert.equal(seen.player, null);
  assert.deepEqual((await right.state()).players.map(({ name }) => name), ['Bob']);
});

browserTest('the address shows the assigned room', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  const { room } = await tab.join('Ada');
  await tab.until('shows it', ({ tick }) => tick !== null);
  assert.equal(new URL(tab.page.url()).search, `?room=${room}`);
  await tab.leave();
  assert.equal(new URL(tab.page.url()).search, '');
});
