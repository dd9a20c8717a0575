// @ts-check
// Whether the page keeps listeners, elements or memory that it no longer needs. `soak.mjs` measures the same for longer.
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';
import { Heap } from './heap.mjs';

const ROUNDS = 3;
/** Growth that the test allows. Code that the browser has compiled meanwhile is a part of the heap. */
const HEAP_GROWTH_BYTES_MAX = 1_000_000;
/** The HUD shows some elements only at times. A panel has more elements. */
const NODES_GROWTH_MAX = 20;
/** Keys that open and close dialogs and panels. */
const PANELS = Object.freeze([['KeyH', 'Escape'], ['KeyO', 'Escape'], ['Escape', 'Escape'], ['KeyL', 'KeyL'], ['F3', 'F3']]);

browserTest('repeated games and panels leave no listeners, elements or memory behind', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  const heap = await Heap.of(tab.page);
  await playRound(tab);
  const before = await heap.measure();
  for (let round = 0; round < ROUNDS; round += 1) await playRound(tab);
  const after = await heap.measure();
  assert.equal(after.listeners, before.listeners, 'listeners');
  assert.ok(after.nodes - before.nodes <= NODES_GROWTH_MAX, `${after.nodes - before.nodes} new elements`);
  assert.ok(after.bytes - before.bytes <= HEAP_GROWTH_BYTES_MAX, `the heap grows by ${after.bytes - before.bytes} bytes`);
});

/** Joins a room, opens every panel, and leaves. @param {import('./tab.mjs').Tab} tab */
async function playRound(tab) {
  await tab.join('Ada');
  for (const [open, close] of PANELS) {
    await tab.page.keyboard.press(open);
    await tab.state();
    await tab.page.keyboard.press(close);
    await tab.state();
  }
  await tab.leave();
  await tab.page.locator('#menu').waitFor();
}
