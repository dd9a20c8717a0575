// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controls, Lead, Prediction, Replica, ids } from '../../web/netcode/index.js';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const report = (/** @type {number} */ stamp, /** @type {number} */ margin) => ({ stamp: stamp & 0xff, margin });

test('a late input lengthens the lead once', () => {
  const lead = new Lead(30);
  const stamp = lead.stamp(1000);
  assert.equal(stamp, 1002);
  lead.learn(report(stamp, -3), 1005);
  assert.equal(lead.ticks, 6);
  lead.learn(report(1003, -3), 1006);
  assert.equal(lead.ticks, 6);
});

test('early inputs shorten the lead slowly and stamps never go back', () => {
  const lead = new Lead(30);
  lead.learn(report(100, -5), 105);
  const before = lead.stamp(200);
  for (let tick = 201; tick <= 208; tick += 1) {
    lead.learn(report(tick, 4), tick);
  }
  assert.equal(lead.ticks, 7);
  assert.equal(lead.stamp(199), before);
});

test('the lead is bounded, also across the wrap', () => {
  const lead = new Lead(30);
  for (let step = 0; step < 10_000; step += 100) {
    const tick = (2 ** 32 - 5000 + step) >>> 0;
    lead.learn(report(tick, -100), tick);
  }
  assert.equal(lead.ticks, 30);
});

/** A server and a client that is told of every tick at once, with inputs that take effect when they are stamped. */
function fly(/** @type {number} */ first) {
  const replica = new Replica(welcomeOf(3));
  const prediction = new Prediction(3);
  replica.apply(snapshotOf({ reset: first, changes: [change.set(3, shipAt(500, 500))] }));
  return { replica, prediction };
}

test('in free flight the prediction is what the server says later', () => {
  const first = 2 ** 32 - 10;
  const { replica, prediction } = fly(first);
  const inputs = [
    { tick: (first + 3) >>> 0, controls: { ...Controls.NONE, thrust: true } },
    { tick: (first + 12) >>> 0, controls: { steering: /** @type {const} */ ('towards'), aim: 300, thrust: true, fire: true } },
  ];
  inputs.forEach(({ tick, controls }) => prediction.record(tick, controls));
  const to = (first + 30) >>> 0;
  const predicted = prediction.predict(replica, to);
  for (let step = 1; step <= 30; step += 1) {
    const due = inputs.filter(({ tick }) => tick === (first + step) >>> 0);
    replica.apply(snapshotOf({ changes: due.map(({ controls }) => change.steer(3, controls)) }));
    prediction.confirm(replica);
  }
  assert.equal(replica.tick, to);
  assert.equal(prediction.pending, 0);
  assert.ok(predicted.size > 1, 'it fired');
  assert.deepEqual(predicted, replica.entities);
});

test('nothing is predicted without a ship', () => {
  const { replica } = fly(100);
  assert.equal(new Prediction(4).predict(replica, 110).size, 0);
  assert.equal(new Prediction(null).sample(replica, 110.5).size, 0);
});

test('one draws between predicted ticks, bullets of earlier ticks too', () => {
  const { replica, prediction } = fly(100);
  const bullet = ids.bullet(3, 0);
  replica.apply(snapshotOf({
    changes: [
      change.set(3, { ...shipAt(500, 500), vx: 1600 }),
      change.set(bullet, { kind: 'bullet', x: 32_000, y: 32_000, heading: 0, life: 20 }),
      change.set(ids.bullet(4, 0), { kind: 'bullet', x: 32_000, y: 32_000, heading: 0, life: 20 }),
    ],
  }));
  const [early, middle, late] = [105, 105.5, 106].map((at) => prediction.sample(replica, at));
  assert.deepEqual([...middle.keys()].sort((a, b) => a - b), [3, bullet]);
  const middleOf = (/** @type {number} */ id) => (early.get(id)?.x ?? NaN) / 2 + (late.get(id)?.x ?? NaN) / 2;
  assert.ok(Math.abs((middle.get(3)?.x ?? NaN) - middleOf(3)) < 1e-9);
  assert.ok((middle.get(bullet)?.x ?? NaN) > 500 + (4 * 640) / 30);
  assert.equal(prediction.sample(replica, 90).get(3)?.x, 500, 'never before the confirmed tick');
});
