// @ts-check
import assert from 'node:assert/strict';
import { Cable } from './cable.mjs';
import { Server } from './server.mjs';
import { EMPTY_ARENA, SCREENS, onStage } from './stage.mjs';
import { CUT_OFF } from './tab.mjs';

/** Flies to the left until the ship is far from where it began. @param {import('./tab.mjs').Tab} tab */
async function flyAway(tab) {
  const { own: from } = await tab.state();
  await tab.page.keyboard.down('KeyW');
  const { own } = await tab.until('has flown', (state) => (
    state.own !== null && from !== null && Math.hypot(state.own.x - from.x, state.own.y - from.y) > 150
  ));
  await tab.page.keyboard.up('KeyW');
  assert.ok(own);
}

onStage('whoever loses the connection is back in the same ship, without a reload', EMPTY_ARENA, async (stage) => {
  const cable = await Cable.to(stage.server.url);
  try {
    const tab = await stage.open('?room=kept&play&name=Ada', SCREENS.desktop, cable.url);
    const { player } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
    await flyAway(tab);
    tab.expectTrouble(CUT_OFF);
    cable.cut();
    const { own: lost, closeText } = await tab.until('has lost it', ({ phase }) => phase === 'returning');
    assert.equal(closeText, 'the connection was lost');
    await tab.notice().getByText('Connection lost').waitFor();
    await tab.assertPainted();
    await tab.keep('desktop-lost');
    cable.plug(stage.server.url);
    const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
    assert.deepEqual([back.player, back.net?.resumed, back.net?.returns, back.members.length], [player, true, 1, 1]);
    const drift = Math.hypot((back.own?.x ?? NaN) - (lost?.x ?? NaN), (back.own?.y ?? NaN) - (lost?.y ?? NaN));
    assert.ok(drift < 400, `the ship is where it was, but for its drift: ${drift}`);
    await tab.notice().waitFor({ state: 'hidden' });
    await tab.page.keyboard.down('KeyD');
    await tab.until('steers it', ({ own }) => own !== null && own.heading !== back.own?.heading);
  } finally {
    cable.close();
  }
});

onStage('whoever loads the page anew plays on in the same ship', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open('?play&name=Ada', SCREENS.desktop);
  const { player, room } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await flyAway(tab);
  await tab.page.reload();
  const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.deepEqual([back.room, back.player, back.net?.resumed, back.members.length], [room, player, true, 1]);
});

onStage('when the server is started anew one plays on in a new ship, without a reload', EMPTY_ARENA, async (stage) => {
  const cable = await Cable.to(stage.server.url);
  const tab = await stage.open('?room=anew&play&name=Ada', SCREENS.desktop, cable.url);
  await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  tab.expectTrouble(CUT_OFF);
  assert.equal(await stage.server.stop(), 0);
  cable.cut();
  await tab.until('has lost it', ({ phase }) => phase === 'returning');
  await tab.notice().getByText('The server is shutting down.').waitFor();
  await tab.keep('desktop-restarting');
  const next = await Server.start(...EMPTY_ARENA);
  try {
    cable.plug(next.url);
    const back = await tab.until('is playing again', ({ phase, own }) => phase === 'playing' && own !== null);
    assert.deepEqual([back.room, back.net?.resumed, back.net?.returns], ['anew', false, 1]);
    await tab.close();
  } finally {
    cable.close();
    assert.equal(await next.stop(), 0);
  }
});

onStage('a seat that was taken over in another tab is not fought for', EMPTY_ARENA, async (stage) => {
  const tab = await stage.open('?room=seat&play&name=Ada');
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  const { room } = await tab.state();
  await tab.page.evaluate(takeOver, room);
  const { closeText } = await tab.until('is out', ({ phase }) => phase === 'closed');
  assert.equal(closeText, 'another connection took your seat');
});

/**
 * Takes one's seat with a second connection.
 * @param {string} room
 */
async function takeOver(room) {
  // @ts-expect-error main.js puts it there
  const resume = window.tickcast.token();
  // @ts-ignore served by the server
  const { Connection } = await import('/netcode/index.js');
  const second = new Connection({
    url: `${location.origin.replace('http', 'ws')}/ws?room=${room}`,
    role: { kind: 'player', name: 'Ada' },
    viewport: { width: 100, height: 100 },
    resume,
    openSocket: (/** @type {string} */ url, /** @type {string} */ protocol) => new WebSocket(url, protocol),
    now: () => performance.now(),
  });
  second.open();
}
