// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, onStage } from './stage.mjs';
import { CUT_OFF } from './tab.mjs';

onStage('a server that stops is told of in words', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open();
  await tab.join('Ada');
  tab.expectTrouble(CUT_OFF);
  assert.equal(await stage.server.stop(), 0);
  const { closeText } = await tab.until('waits to return', ({ phase }) => phase === 'returning');
  assert.equal(closeText, 'the server is shutting down');
  await tab.notice().getByText('The server is shutting down.').waitFor();
  await tab.notice().getByRole('button', { name: 'Leave' }).waitFor();
  await tab.assertPainted();
  await tab.keep('desktop-closed');
});

const ONE_SEAT = [...EMPTY_ARENA, '--room-size', '1'];

onStage('a full room is told of in words, and can be entered once there is a seat', ONE_SEAT, async (stage) => {
  const first = await stage.open('?room=narrow');
  await first.join('Ada');
  const second = await stage.open('?room=narrow');
  await second.page.getByLabel('Your name').fill('Bob');
  await second.page.getByLabel('Your name').press('Enter');
  await second.notice().getByText('The room is full.').waitFor();
  await second.keep('desktop-full');

  await first.page.getByRole('button', { name: 'Leave' }).click();
  await second.until('is playing', ({ phase }) => phase === 'playing', async ({ phase }) => {
    if (phase === 'closed') await second.notice().getByRole('button', { name: 'Play again' }).click();
  });
});

onStage('whoever steers while the server stops sends nothing into the closing socket', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open();
  await tab.join('Ada');
  let turn = 0;
  const steer = async (/** @type {import('./tab.mjs').State} */ state) => {
    turn += 1;
    const { x, y } = state.own ?? { x: 0, y: 0 };
    await tab.aim(state, { x: x + Math.cos(turn), y: y + Math.sin(turn) });
  };
  tab.expectTrouble(CUT_OFF);
  const closed = tab.until('has lost it', ({ phase }) => phase === 'returning', steer);
  const [status] = await Promise.all([stage.server.stop(), closed]);
  assert.equal(status, 0);
});

onStage('another name can be chosen after the end', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open('?room=narrow&name=Ada&play');
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  tab.expectTrouble(CUT_OFF);
  assert.equal(await stage.server.stop(), 0);
  await tab.notice().getByRole('button', { name: 'Leave' }).click();
  const name = tab.page.getByLabel('Your name');
  assert.equal(await name.inputValue(), 'Ada');
  assert.equal(await name.evaluate((field) => field === document.activeElement), true);
  await tab.page.getByText('You will join the room narrow.').waitFor();
});
