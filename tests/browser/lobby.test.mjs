// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, onStage } from './stage.mjs';

onStage('a room is made, seen by others as it fills, and full in the end', EMPTY_ARENA, async (stage) => {
  const [host, guest, late] = [await stage.open(), await stage.open(), await stage.open()];
  await late.page.getByText('Nobody is here yet').waitFor();
  await host.page.getByRole('button', { name: 'New room' }).click();
  await host.page.getByLabel('Name', { exact: true }).fill('duel');
  await host.page.getByLabel('Players').selectOption('2');
  await host.page.getByLabel('Drones').selectOption('none');
  await host.page.getByLabel('Ticks a second').selectOption('60');
  await host.keep('desktop-new-room');
  await host.page.getByRole('button', { name: 'Create and play' }).click();
  await host.until('is playing', ({ phase, room }) => phase === 'playing' && room === 'duel');
  await late.page.getByText('1 of 2 playing, 60 ticks/s').waitFor();

  await guest.page.getByRole('button', { name: 'Join the room duel' }).click();
  await guest.until('is playing', ({ phase, members }) => phase === 'playing' && members.length === 2);
  const full = late.page.getByRole('button', { name: 'Join the room duel' }).and(late.page.getByText('Full'));
  await full.waitFor();
  assert.equal(await full.isDisabled(), true);
  await late.keep('desktop-lobby');

  await guest.page.getByRole('button', { name: 'Leave' }).click();
  await guest.page.getByText('1 of 2 playing').waitFor();
  await late.page.getByRole('button', { name: 'Watch the room duel' }).click();
  await late.until('watches', ({ phase, player, others }) => phase === 'watching' && player === null && others.length === 1);
  await guest.page.getByText('1 of 2 playing, 1 watching').waitFor();
});

onStage('a room whose name is taken is not made twice', EMPTY_ARENA, async (stage) => {
  const [first, second] = [await stage.open('?room=taken&play'), await stage.open()];
  await first.until('is playing', ({ phase }) => phase === 'playing');
  await second.page.getByRole('button', { name: 'New room' }).click();
  await second.page.getByLabel('Name', { exact: true }).fill('taken');
  second.expectTrouble(/409/);
  await second.page.getByRole('button', { name: 'Create and play' }).click();
  await second.page.getByText('there is a room of that name').waitFor();
});

onStage('a shared link leads to the same room, and not to another', EMPTY_ARENA, async (stage) => {
  const [left, right] = [await stage.open('?room=left'), await stage.open('?room=right')];
  await left.join('Ada');
  await right.join('Bob');
  await left.page.getByRole('button', { name: 'Invite' }).click();
  const link = new URL(await left.page.getByLabel('Whoever opens this link plays here').inputValue());
  assert.equal(link.origin, stage.server.url);
  await left.page.keyboard.press('Escape');

  const guest = await stage.open(link.search);
  await guest.page.getByText('You will join the room left.').waitFor();
  await guest.join('Cleo');
  const { members } = await guest.until('sees who is there', (state) => state.others.length === 1);
  assert.deepEqual(members.map(({ name }) => name).sort(), ['Ada', 'Cleo']);

  const watcher = await stage.open(`${link.search}&spectate`);
  const seen = await watcher.until('sees both', ({ phase, others }) => phase === 'watching' && others.length === 2);
  assert.equal(seen.player, null);
  assert.deepEqual((await right.state()).members.map(({ name }) => name), ['Bob']);
});

onStage('whoever was put into a room finds it in the address', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open();
  const { room } = await tab.join('Ada');
  await tab.until('shows it', ({ tick }) => tick !== null);
  assert.equal(new URL(tab.page.url()).search, `?room=${room}`);
  await tab.page.getByRole('button', { name: 'Leave' }).click();
  assert.equal(new URL(tab.page.url()).search, '');
});
