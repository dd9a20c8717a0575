// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ErrorSmoothing, MeanDeviation, SlewLimiter } from '../../web/netcode/index.js';
import { shipAt } from './world.mjs';

/** @param {number} x @param {number} y @param {number} [heading] @returns {Map<number, any>} the drawable of a single ship */
const drawnAt = (x, y, heading = 0) => new Map([[1, { id: 1, kind: 'ship', x, y, heading, entity: shipAt(x, y) }]]);

/** @param {ErrorSmoothing} smoothing @param {number} now @returns the drawable, after smoothing, of a ship at 100, 100 */
function drawn(smoothing, now) {
  const [ship] = drawnAt(100, 100).values();
  smoothing.apply(new Map([[1, ship]]), now);
  return ship;
}

test('a correction is invisible at first, and has decayed soon after', () => {
  const smoothing = new ErrorSmoothing();
  smoothing.absorb(drawnAt(130, 60, 0.5), drawnAt(100, 100, 0), 1000);
  const at = (/** @type {number} */ now) => drawn(smoothing, now);
  assert.deepEqual([at(1000).x, at(1000).y, at(1000).heading], [130, 60, 0.5]);
  const [first, second] = [at(1016), at(1032)];
  assert.ok(first.x < 130 && second.x < first.x && second.x > 100);
  assert.ok(Math.abs(at(2000).x - 100) < 0.1 && Math.abs(at(2000).heading) < 0.01);
});

test('corrections accumulate', () => {
  const smoothing = new ErrorSmoothing();
  smoothing.absorb(drawnAt(110, 100), drawnAt(105, 100), 0);
  smoothing.absorb(drawnAt(105, 100), drawnAt(100, 100), 0);
  assert.equal(drawn(smoothing, 0).x, 110);
});

test('a heading takes the shorter way', () => {
  const smoothing = new ErrorSmoothing();
  smoothing.absorb(drawnAt(100, 100, 6.2), drawnAt(100, 100, 0.1), 0);
  assert.ok(Math.abs(drawn(smoothing, 0).heading - (6.1 - 2 * Math.PI)) < 1e-9);
});

test('a teleport is not smoothed', () => {
  const smoothing = new ErrorSmoothing();
  smoothing.absorb(drawnAt(3000, 100), drawnAt(100, 100), 0);
  assert.equal(drawn(smoothing, 0).x, 100);
});

test('the slew limiter follows its target at a tenth of real time', () => {
  const limiter = new SlewLimiter(30);
  assert.equal(limiter.follow(2, 0), 2, 'it starts at the first target');
  assert.equal(limiter.follow(7, 0), 2);
  assert.ok(Math.abs(limiter.follow(7, 100) - 2.3) < 1e-9);
  assert.ok(Math.abs(limiter.follow(7, 1000) - 5) < 1e-9);
  assert.equal(limiter.follow(7, 10_000), 7);
  assert.equal(limiter.follow(6.5, 11_000), 6.5);
  assert.equal(limiter.follow(30, 11_000), 30, 'it jumps by more than ten ticks');
});

test('few samples exceed the upper bound', () => {
  const estimator = new MeanDeviation(0, 1);
  const samples = Array.from({ length: 400 }, (_, at) => 10 + Math.sin(at * 7));
  samples.forEach((sample) => estimator.add(sample));
  assert.ok(Math.abs(estimator.mean - 10) < 0.5);
  assert.ok(estimator.upperBound > 11 && estimator.upperBound < 15, `${estimator.upperBound}`);
});
