// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Offsets, Slew, Spread } from '../../web/netcode/index.js';
import { shipAt } from './world.mjs';

/** @param {number} x @param {number} y @param {number} [heading] @returns {Map<number, any>} one ship */
const drawnAt = (x, y, heading = 0) => new Map([[1, { id: 1, kind: 'ship', x, y, heading, entity: shipAt(x, y) }]]);

/** @param {Offsets} offsets @param {number} now @returns where the ship that is at 100, 100 is drawn */
function drawn(offsets, now) {
  const [ship] = drawnAt(100, 100).values();
  offsets.apply(new Map([[1, ship]]), now);
  return ship;
}

test('a correction is not seen when it comes, and is gone soon after', () => {
  const offsets = new Offsets();
  offsets.absorb(drawnAt(130, 60, 0.5), drawnAt(100, 100, 0), 1000);
  const at = (/** @type {number} */ now) => drawn(offsets, now);
  assert.deepEqual([at(1000).x, at(1000).y, at(1000).heading], [130, 60, 0.5]);
  const [first, second] = [at(1016), at(1032)];
  assert.ok(first.x < 130 && second.x < first.x && second.x > 100);
  assert.ok(Math.abs(at(2000).x - 100) < 0.1 && Math.abs(at(2000).heading) < 0.01);
});

test('corrections add up to one', () => {
  const offsets = new Offsets();
  offsets.absorb(drawnAt(110, 100), drawnAt(105, 100), 0);
  offsets.absorb(drawnAt(105, 100), drawnAt(100, 100), 0);
  assert.equal(drawn(offsets, 0).x, 110);
});

test('a heading glides the shorter way', () => {
  const offsets = new Offsets();
  offsets.absorb(drawnAt(100, 100, 6.2), drawnAt(100, 100, 0.1), 0);
  assert.ok(Math.abs(drawn(offsets, 0).heading - (6.1 - 2 * Math.PI)) < 1e-9);
});

test('what is somewhere else altogether does not glide there', () => {
  const offsets = new Offsets();
  offsets.absorb(drawnAt(3000, 100), drawnAt(100, 100), 0);
  assert.equal(drawn(offsets, 0).x, 100);
});

test('a number of ticks is followed evenly, at a tenth of the time', () => {
  const slew = new Slew(30);
  assert.equal(slew.follow(2, 0), 2, 'it begins where it is told');
  assert.equal(slew.follow(7, 0), 2);
  assert.ok(Math.abs(slew.follow(7, 100) - 2.3) < 1e-9);
  assert.ok(Math.abs(slew.follow(7, 1000) - 5) < 1e-9);
  assert.equal(slew.follow(7, 10_000), 7);
  assert.equal(slew.follow(6.5, 11_000), 6.5);
  assert.equal(slew.follow(30, 11_000), 30, 'more than ten ticks are not gone');
});

test('numbers that scatter stay below their high', () => {
  const spread = new Spread(0, 1);
  const numbers = Array.from({ length: 400 }, (_, at) => 10 + Math.sin(at * 7));
  numbers.forEach((number) => spread.learn(number));
  assert.ok(Math.abs(spread.mean - 10) < 0.5);
  assert.ok(spread.high > 11 && spread.high < 15, `${spread.high}`);
});
