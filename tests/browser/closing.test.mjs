// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';
import { CONNECTION_FAILED } from './tab.mjs';

browserTest('a server shutdown is shown with its reason', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  await tab.join('Ada');
  tab.expectError(CONNECTION_FAILED);
  assert.equal(await fixture.server.stop(), 0);
  const { closeText } = await tab.until('reconnects', ({ phase }) => phase === 'reconnecting');
  assert.equal(closeText, 'the server is shutting down');
  await tab.notice().getByText('The server is shutting down.').waitFor();
  await tab.notice().getByRole('button', { name: 'Leave' }).waitFor();
  await tab.assertPainted();
  await tab.screenshot('desktop-closed');
});

const ONE_SEAT = [...EMPTY_ARENA, '--room-size', '1'];

browserTest('a full room is shown as such, and can be joined once there is a seat', ONE_SEAT, async (fixture) => {
  const first = await fixture.open('?room=narrow');
  await first.join('Ada');
  const second = await fixture.open('?room=narrow');
  const narrow = `${fixture.server.url}/?room=narrow&play`;
  await second.page.getByLabel('Your name').fill('Bob');
  await second.page.getByLabel('Your name').press('Enter');
  await second.notice().getByText('The room is full.').waitFor();
  await second.screenshot('desktop-full');
  await second.notice().getByRole('button', { name: 'Watch' }).click();
  await second.until('watches it', ({ phase, room }) => phase === 'spectating' && room === 'narrow');

  await second.page.goto(narrow, { waitUntil: 'commit' });
  await second.notice().getByRole('button', { name: 'Another room' }).click();
  await second.until('plays in another room', ({ phase, room }) => phase === 'playing' && room !== 'narrow');

  await second.page.goto(narrow, { waitUntil: 'commit' });
  await second.notice().getByRole('button', { name: 'Try again' }).waitFor();
  await first.leave();
  await second.until('is playing', ({ phase }) => phase === 'playing', async ({ phase }) => {
    if (phase === 'closed') await second.notice().getByRole('button', { name: 'Try again' }).click();
  });
});

browserTest('after an update of the server, the page reloads itself once and joins the room', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=updated');
  const refused = { count: 0, max: 1 };
  await tab.page.routeWebSocket(/\/ws/, (socket) => {
    refused.count += 1;
    if (refused.count > refused.max) socket.connectToServer();
    else void socket.close({ code: 4001 });
  });
  await tab.page.reload();
  await tab.page.getByLabel('Your name').fill('Ada');
  await tab.page.getByLabel('Your name').press('Enter');
  await tab.page.locator('[data-phase="playing"]').waitFor();
  const { room, players } = await tab.until('knows itself', (state) => state.players.length === 1);
  assert.deepEqual([room, players[0].name, refused.count], ['updated', 'Ada', 2]);

  refused.max = 4;
  await tab.page.reload();
  await tab.notice().getByText('The game was updated').waitFor();
  assert.equal(refused.count, 4, 'it reloads only once');
  await tab.screenshot('desktop-updated');
  await tab.notice().getByRole('button', { name: 'Reload' }).click();
  await tab.page.locator('[data-phase="playing"]').waitFor();
});

browserTest('no input is sent into a closing socket', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  await tab.join('Ada');
  let turn = 0;
  const steer = async (/** @type {import('./tab.mjs').State} */ state) => {
    turn += 1;
    const { x, y } = state.own ?? { x: 0, y: 0 };
    await tab.aim(state, { x: x + Math.cos(turn), y: y + Math.sin(turn) });
  };
  tab.expectError(CONNECTION_FAILED);
  const closed = tab.until('is disconnected', ({ phase }) => phase === 'reconnecting', steer);
  const [status] = await Promise.all([fixture.server.stop(), closed]);
  assert.equal(status, 0);
});

browserTest('the name can be changed after the connection was lost', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=narrow&name=Ada&play');
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  tab.expectError(CONNECTION_FAILED);
  assert.equal(await fixture.server.stop(), 0);
  await tab.notice().getByRole('button', { name: 'Retry now' }).click();
  await tab.notice().getByRole('button', { name: 'Leave' }).click();
  const name = tab.page.getByLabel('Your name');
  assert.equal(await name.inputValue(), 'Ada');
  assert.equal(await name.evaluate((field) => field === document.activeElement), true);
  await tab.page.getByText('You will join the room narrow.').waitFor();
});
