// @ts-check
// The demo behind proxies that block WebSocket.

import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';
import { HttpProxy } from './http_proxy.mjs';
import { CONNECTION_FAILED } from './tab.mjs';

for (const { proxyName, buffers, transport } of [
  { proxyName: 'a proxy that blocks WebSocket', buffers: false, transport: 'httpStream' },
  { proxyName: 'a proxy that blocks WebSocket and buffers responses', buffers: true, transport: 'httpPoll' },
]) {
  browserTest(`a player plays behind ${proxyName}`, EMPTY_ARENA, async (fixture) => {
    const proxy = await HttpProxy.start(fixture.server.url, { buffers });
    fixture.proxies.push(proxy);
    const tab = await fixture.open('?room=blocked&graph', SCREENS.desktop, proxy.url);
    tab.expectError(CONNECTION_FAILED);
    const { own } = await tab.join('Ada');
    assert.equal((await tab.state()).transport, transport);
    const bob = await fixture.open('?room=blocked');
    await bob.join('Bob');
    await tab.page.keyboard.down('KeyW');
    await bob.until('sees it fly', ({ others: [ship] }) => (
      ship !== undefined && own !== null && Math.hypot(ship.x - own.x, ship.y - own.y) > 60
    ));
    await tab.page.keyboard.up('KeyW');
    await tab.until('sees the other player', ({ players }) => players.length === 2);
    const { net, resyncs, checksums } = await tab.until('has verified its replica', (state) => state.checksums > 3);
    assert.deepEqual([net?.reconnects, resyncs, checksums > 3], [0, 0, true]);
    await tab.page.getByText(buffers ? 'HTTP polling' : 'HTTP stream').waitFor();
    await tab.leave();
    await bob.until('sees that the player has left', ({ players }) => players.length === 1);
  });
}

browserTest('a player whose session moves to HTTP keeps the ship', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?play&name=Ada');
  const { player, room } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await tab.page.goto(`${fixture.server.url}/?transport=http&room=${room}`);
  const back = await tab.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.deepEqual([back.player, back.net?.resumed, back.transport], [player, true, 'httpStream']);
});
