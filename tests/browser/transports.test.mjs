// @ts-check
// Changes of the transport while a player plays.

import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

/** Number of changes to datagrams and back. */
const ROUND_TRIPS = 4;

/** Changes the transport, several times. @param {number} roundTrips */
async function changeTransports(roundTrips) {
  // @ts-expect-error defined by main.js
  const { state, changeTransport } = window.tickcast;
  const transports = [];
  for (let count = 0; count < 2 * roundTrips; count += 1) {
    await changeTransport(count % 2 === 0 ? 'datagrams' : 'websocket');
    transports.push(state().transport);
  }
  return transports;
}

const CHANGE = 'a session changes its transport without a lost tick, a correction or a new ship';
browserTest(CHANGE, EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=main&play&name=Ada&lag=60');
  await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  // The ship flies in a circle. On a busy machine, inputs would be late, so the controls do not change in the meantime.
  await tab.page.keyboard.down('KeyW');
  await tab.page.keyboard.down('KeyD');
  const before = await tab.until('has verified its replica', ({ checksums }) => checksums > 1);
  const transports = await tab.page.evaluate(changeTransports, ROUND_TRIPS);
  const after = await tab.until('has verified its replica', ({ checksums }) => checksums > before.checksums + 1);
  await tab.page.keyboard.up('KeyW');
  await tab.page.keyboard.up('KeyD');
  assert.deepEqual(transports, Array.from({ length: ROUND_TRIPS }, () => ['datagrams', 'websocket']).flat());
  assert.deepEqual([after.player, after.resyncs, after.net?.reconnects], [before.player, 0, 0]);
  assert.deepEqual([after.net?.lostTicks, after.net?.corrections], [before.net?.lostTicks, before.net?.corrections]);
  assert.ok(after.own?.isThrusting);
});

browserTest('a session changes to datagrams if the line loses packets', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=main&play&name=Ada&lag=60&loss=20&graph');
  const { player } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  const changed = await tab.until('uses datagrams', ({ transport }) => transport === 'datagrams');
  await tab.page.getByText('% lost').waitFor();
  assert.deepEqual([changed.player, changed.net?.reconnects, changed.resyncs], [player, 0, 0]);
});
