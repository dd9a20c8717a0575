// @ts-check
// The fight in the background of the menu.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Fight } from '../../web/demo/menu/fight.js';

const FRAME_MS = 1000 / 30;
const MINUTE = 60 * 30;

/**
 * Draws frames of a fight.
 * @param {Fight} fight
 * @param {number} frames
 */
function watch(fight, frames) {
  return Array.from({ length: frames }, () => fight.frame(FRAME_MS));
}

test('ships fight: they fire, hit, destroy each other and return', () => {
  const frames = watch(new Fight(7), 2 * MINUTE);
  const kinds = frames.flatMap(({ visualEvents }) => visualEvents.map(({ kind }) => kind));
  const count = (/** @type {string} */ wanted) => kinds.filter((kind) => kind === wanted).length;
  assert.ok(count('bullet-hit') > 20, `${count('bullet-hit')} hits`);
  assert.ok(count('ship-destroyed') >= 3, `${count('ship-destroyed')} ships were destroyed`);
  assert.ok(count('orb-collected') >= 3, `${count('orb-collected')} orbs were collected`);
  assert.ok(frames.filter(({ ships }) => ships.length >= 5).length > frames.length / 2, 'destroyed ships return');
});

test('the fight stays near the center, where the window shows it', () => {
  const fight = new Fight(7);
  const ships = watch(fight, MINUTE).flatMap((frame) => frame.ships);
  const center = fight.worldSize / 2;
  const near = ships.filter(({ x, y }) => Math.abs(x - center) < 720 && Math.abs(y - center) < 405);
  assert.ok(near.length > 0.8 * ships.length, `${near.length} of ${ships.length} ships are in the window`);
});

test('ships move smoothly between ticks', () => {
  const fight = new Fight(7);
  const [before, after] = [fight.frame(FRAME_MS), fight.frame(FRAME_MS / 2)];
  for (const ship of after.ships) {
    const last = before.ships.find(({ id }) => id === ship.id) ?? ship;
    assert.ok(Math.hypot(ship.x - last.x, ship.y - last.y) < 12, `ship ${ship.id} jumps`);
  }
});

test('after a pause, the fight goes on where it stopped', () => {
  const [paused, other] = [new Fight(7), new Fight(7)];
  watch(paused, 100);
  watch(other, 100);
  assert.deepEqual(paused.frame(3_600_000).ships, other.frame(3 * FRAME_MS).ships);
});

test('the number of entities is bounded', () => {
  const counts = watch(new Fight(3), 3 * MINUTE).map(({ ships, bullets, orbs }) => ships.length + bullets.length + orbs.length);
  assert.ok(Math.max(...counts) <= 6 + 6 * 8 + 8, `${Math.max(...counts)} entities`);
});
