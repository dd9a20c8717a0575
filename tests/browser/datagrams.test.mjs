// @ts-check
// The demo over WebTransport.

import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

browserTest('a player plays with datagrams', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?transport=datagrams&room=main&graph');
  const { own } = await tab.join('Ada');
  assert.equal((await tab.state()).transport, 'datagrams');
  const bob = await fixture.open('?room=main');
  await bob.join('Bob');
  await tab.page.keyboard.down('KeyW');
  await bob.until('sees it fly', ({ others: [ship] }) => (
    ship !== undefined && own !== null && Math.hypot(ship.x - own.x, ship.y - own.y) > 60
  ));
  await tab.page.keyboard.up('KeyW');
  const { net, resyncs } = await tab.until('has verified its replica', (state) => state.checksums > 3);
  assert.deepEqual([net?.reconnects, resyncs], [0, 0]);
  await tab.page.getByText('datagrams').waitFor();
  await tab.leave();
  await bob.until('sees that the player has left', ({ players }) => players.length === 1);
});

browserTest('a player whose session moves to datagrams keeps the ship', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?play&name=Ada');
  const { player, room } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await tab.page.goto(`${fixture.server.url}/?transport=datagrams&room=${room}`);
  const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.deepEqual([back.player, back.net?.resumed, back.transport], [player, true, 'datagrams']);
});

const WITHOUT_DATAGRAMS = [...EMPTY_ARENA, '--datagrams', 'off'];

browserTest('a page uses a WebSocket if the server accepts no datagrams', WITHOUT_DATAGRAMS, async (fixture) => {
  const tab = await fixture.open('?transport=datagrams');
  await tab.join('Ada');
  assert.equal((await tab.state()).transport, 'websocket');
});
