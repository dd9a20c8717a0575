// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controls, Prediction, Replica, predictionError, ids } from '../../web/netcode/index.js';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

/** Returns a replica at tick `first` that contains the local ship, and the local player's prediction. */
function setUp(/** @type {number} */ first) {
  const replica = new Replica(welcomeOf(3));
  const prediction = new Prediction(3);
  replica.apply(snapshotOf({ full: first, changes: [change.upsert(3, shipAt(500, 500))] }));
  return { replica, prediction };
}

test('without interference the prediction equals the later server state', () => {
  const first = 2 ** 32 - 10;
  const { replica, prediction } = setUp(first);
  const inputs = [
    { tick: (first + 3) >>> 0, controls: { ...Controls.NONE, thrust: true } },
    {
      tick: (first + 12) >>> 0,
      controls: { ...Controls.NONE, steering: /** @type {const} */ ('towards'), aim: 300, thrust: true, fire: true },
    },
  ];
  inputs.forEach(({ tick, controls }) => prediction.record(tick, controls));
  const to = (first + 30) >>> 0;
  const predicted = prediction.predict(replica, to);
  for (let step = 1; step <= 30; step += 1) {
    const due = inputs.filter(({ tick }) => tick === (first + step) >>> 0);
    replica.apply(snapshotOf({ changes: due.map(({ controls }) => change.controls(3, controls)) }));
    prediction.confirm(replica, due.length > 0 ? { stamp: due[0].tick & 0xff, margin: 0 } : null);
  }
  assert.equal(replica.tick, to);
  assert.equal(prediction.pending, 0);
  assert.ok(predicted.size > 1, 'the ship fired');
  assert.deepEqual(predicted, replica.entities);
});

test('nothing is predicted without a ship', () => {
  const { replica } = setUp(100);
  assert.equal(new Prediction(4).predict(replica, 110).size, 0);
  assert.equal(new Prediction(null).sample(replica, 110.5).size, 0);
});

test('sample interpolates between predicted ticks, including bullets fired earlier', () => {
  const { replica, prediction } = setUp(100);
  const bullet = ids.bullet(3, 0, 0);
  replica.apply(snapshotOf({
    changes: [
      change.upsert(3, { ...shipAt(500, 500), vx: 1600 }),
      change.upsert(bullet, { kind: 'bullet', x: 32_000, y: 32_000, heading: 0, life: 20 }),
      change.upsert(ids.bullet(4, 0, 0), { kind: 'bullet', x: 32_000, y: 32_000, heading: 0, life: 20 }),
    ],
  }));
  const [early, middle, late] = [105, 105.5, 106].map((at) => prediction.sample(replica, at));
  assert.deepEqual([...middle.keys()].sort((a, b) => a - b), [3, bullet]);
  const middleOf = (/** @type {number} */ id) => (early.get(id)?.x ?? NaN) / 2 + (late.get(id)?.x ?? NaN) / 2;
  assert.ok(Math.abs((middle.get(3)?.x ?? NaN) - middleOf(3)) < 1e-9);
  assert.ok((middle.get(bullet)?.x ?? NaN) > 500 + (4 * 640) / 30);
  assert.equal(prediction.sample(replica, 90).get(3)?.x, 500, 'never before the confirmed tick');
});

test('a late input is replayed in the next tick until it is reported', () => {
  const { replica, prediction } = setUp(100);
  const thrust = { ...Controls.NONE, thrust: true };
  prediction.record(101, thrust);
  replica.apply(snapshotOf({}));
  prediction.confirm(replica, null);
  replica.apply(snapshotOf({}));
  prediction.confirm(replica, null);
  const predicted = prediction.predict(replica, 104);
  replica.apply(snapshotOf({ changes: [change.controls(3, thrust)] }));
  prediction.confirm(replica, { stamp: 101, margin: -2 });
  assert.equal(prediction.pending, 0);
  replica.apply(snapshotOf({}));
  assert.deepEqual(predicted, replica.entities);
});

test('an input that is never reported is dropped', () => {
  const { replica, prediction } = setUp(100);
  prediction.record(101, { ...Controls.NONE, thrust: true });
  for (let tick = 101; tick <= 101 + 128; tick += 1) {
    replica.apply(snapshotOf({}));
    prediction.confirm(replica, null);
  }
  assert.equal(prediction.pending, 0);
});

test('without reconciliation the prediction ignores the server', () => {
  const { replica, prediction } = setUp(100);
  prediction.reconciliationEnabled = false;
  prediction.record(102, { ...Controls.NONE, thrust: true });
  const expected = prediction.predict(replica, 110).get(3);
  for (let tick = 101; tick <= 105; tick += 1) {
    replica.apply(snapshotOf({ changes: tick === 103 ? [change.upsert(3, shipAt(900, 900))] : [] }));
    prediction.confirm(replica, null);
  }
  assert.deepEqual(prediction.sample(replica, 110).get(3)?.entity, expected);
  prediction.reconciliationEnabled = true;
  prediction.confirm(replica, null);
  assert.ok((prediction.sample(replica, 110).get(3)?.x ?? 0) >= 900);
});

test('the prediction error is the distance to the server state', () => {
  assert.equal(predictionError(shipAt(10, 10), shipAt(10, 10)), 0);
  assert.equal(predictionError(shipAt(10, 10), { ...shipAt(10, 10), hull: 3 }), 0, 'damage is not a prediction error');
  assert.equal(predictionError(shipAt(10, 10), shipAt(13, 14)), 5);
  assert.ok(predictionError(shipAt(10, 10), { ...shipAt(10, 10), heading: 4 }) > 0);
  assert.equal(predictionError(undefined, shipAt(10, 10)), 0);
});
