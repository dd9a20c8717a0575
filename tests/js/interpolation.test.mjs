// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Interpolation, Replica, TickClock, ids } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const TICK_MS = 1000 / 30;
const FIRST = 2 ** 32 - 20;

/** A client whose ticks arrive at times that the test determines. */
class Client {
  constructor() {
    const welcome = welcomeOf(null);
    this.replica = new Replica(welcome);
    this.clock = new TickClock(welcome.tickRate);
    this.interpolation = new Interpolation(welcome.rules, this.clock);
    this.ticks = 0;
  }

  /** Receives the next tick. @param {any[]} changes @param {number} [at] */
  receive(changes = [], at = this.ticks * TICK_MS) {
    const effects = this.replica.apply(snapshotOf({ full: this.ticks === 0 ? FIRST : null, changes }));
    this.clock.handleTick(effects.tick, at);
    this.interpolation.push(this.replica, effects, at);
    this.ticks += 1;
  }

  /** @param {number} tick counted from the first tick @returns the drawables at the time when it arrives without jitter */
  sampleAt(tick) {
    return this.interpolation.sample(tick * TICK_MS);
  }
}

/** A client that has received some ticks. They contain rock 9000, which moves by 8 units per tick. */
function clientWithRock(ticks = 10, more = /** @type {any[]} */ ([])) {
  const client = new Client();
  const rock = { kind: 'rock', x: 100 * 64, y: 100 * 64, vx: 240 * 16, vy: 0, size: 0, hull: 2 };
  client.receive([change.upsert(9000, rock), ...more]);
  while (client.ticks < ticks) {
    client.receive();
  }
  return client;
}

/** @param {number} actual @param {number} expected */
function assertNear(actual, expected, within = 1e-6) {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not near ${expected}`);
}

test('without jitter, remote entities are drawn one tick in the past, between two ticks', () => {
  const client = clientWithRock(10);
  assertNear(client.sampleAt(9).get(9000)?.x ?? NaN, 100 + 8 * 8);
  assertNear(client.sampleAt(9.25).get(9000)?.x ?? NaN, 100 + 8.25 * 8);
});

test('a stall is covered by coasting for a second, then entities stand still', () => {
  const client = clientWithRock(10);
  assertNear(client.sampleAt(9 + 1 + 29.5).get(9000)?.x ?? NaN, 100 + 38.5 * 8);
  assertNear(client.sampleAt(9 + 1 + 31).get(9000)?.x ?? NaN, 100 + 39 * 8);
  assertNear(client.sampleAt(9 + 1 + 50).get(9000)?.x ?? NaN, 100 + 39 * 8);
});

test('an extrapolation error after a stall is smoothed out', () => {
  const client = clientWithRock(10);
  const stalledAt = 20 * TICK_MS;
  const coasted = client.sampleAt(20).get(9000)?.x ?? NaN;
  assertNear(coasted, 100 + 19 * 8);
  const stopped = { kind: 'rock', x: 180 * 64, y: 100 * 64, vx: 0, vy: 0, size: 0, hull: 2 };
  client.receive([change.upsert(9000, stopped)], stalledAt);
  for (let tick = 11; tick <= 20; tick += 1) {
    client.receive([], stalledAt);
  }
  assertNear(client.sampleAt(20).get(9000)?.x ?? NaN, coasted);
  let last = coasted;
  for (let now = stalledAt; now <= stalledAt + 1000; now += 1000 / 60) {
    const x = client.interpolation.sample(now).get(9000)?.x ?? NaN;
    assert.ok(x <= last + 1e-9 && last - x < 0.2 * (coasted - 180), `${last} to ${x}`);
    last = x;
  }
  assertNear(last, 180, 0.1);
});

test('a heading takes the shorter way', () => {
  const client = clientWithRock(1, [change.upsert(1, { ...shipAt(50, 50), heading: 1020 })]);
  client.receive([change.upsert(1, { ...shipAt(50, 50), heading: 4 })]);
  const heading = client.sampleAt(1.5).get(1)?.heading ?? NaN;
  assertNear(heading, (1024 / 1024) * 2 * Math.PI);
});

test('a teleporting ship is not interpolated', () => {
  const client = clientWithRock(1, [change.upsert(1, shipAt(50, 50))]);
  client.receive([change.upsert(1, shipAt(3000, 3000))]);
  assertNear(client.sampleAt(1.9).get(1)?.x ?? NaN, 50);
  assertNear(client.sampleAt(2).get(1)?.x ?? NaN, 3000);
});

test('a bullet that hits flies on until the tick in which it is gone', () => {
  const id = ids.bullet(1, 0, 0);
  const client = clientWithRock(3, [change.upsert(id, { kind: 'bullet', x: 6400, y: 6400, heading: 0, life: 30 })]);
  client.receive([change.despawn(id)]);
  assertNear(client.sampleAt(3.5).get(id)?.x ?? NaN, 100 + (2.5 * 640) / 30, 0.1);
  assert.ok(!client.sampleAt(4).has(id));
});

test('a spawned entity is not drawn before its tick', () => {
  const client = clientWithRock(3);
  client.receive([change.upsert(ids.bullet(1, 0, 0), { kind: 'bullet', x: 6400, y: 6400, heading: 0, life: 30 })]);
  assert.ok(!client.sampleAt(3.9).has(ids.bullet(1, 0, 0)));
  assertNear(client.sampleAt(4).get(ids.bullet(1, 0, 0))?.x ?? NaN, 100);
});

test('effects are due once, when their tick is drawn', () => {
  const client = clientWithRock(1);
  client.receive([change.despawn(9000)]);
  const despawned = (/** @type {number} */ tick) => (
    client.interpolation.takeDueEffects(tick * TICK_MS).flatMap((effects) => effects.despawned)
  );
  assert.deepEqual(despawned(1.9), []);
  assert.deepEqual(despawned(2.1).map(([id]) => id), [9000]);
  assert.deepEqual(despawned(2.2), []);
});

test('nothing is drawn before the first tick', () => {
  assert.equal(new Client().sampleAt(3).size, 0);
});

test('motion is even under jitter', () => {
  const lcg = new Lcg(5);
  const client = new Client();
  const rock = { kind: 'rock', x: 100 * 64, y: 100 * 64, vx: 240 * 16, vy: 0, size: 0, hull: 2 };
  let arrived = 0;
  let drawn = NaN;
  for (let frame = 0; frame < 600; frame += 1) {
    const now = (frame * 1000) / 60;
    while (client.ticks * TICK_MS + 40 <= now) {
      arrived = Math.max(arrived, client.ticks * TICK_MS + lcg.below(40));
      client.receive(client.ticks === 0 ? [change.upsert(9000, rock)] : [], arrived);
    }
    const x = client.interpolation.sample(now).get(9000)?.x ?? NaN;
    if (frame > 120) {
      assertNear(x - drawn, 4, 1);
    }
    drawn = x;
  }
  assert.ok(client.clock.jitterTicks > 0.1 && client.clock.jitterTicks < 1.2, `${client.clock.jitterTicks}`);
});

test('the clock ignores the burst after a stall', () => {
  const clock = new TickClock(30);
  for (let tick = 0; tick <= 30; tick += 1) {
    clock.handleTick(tick, tick * TICK_MS);
  }
  for (let tick = 31; tick <= 90; tick += 1) {
    clock.handleTick(tick, 90 * TICK_MS);
  }
  assertNear(clock.tickAt(90 * TICK_MS), 90, 0.1);
});

test('the clock follows a server that lost time or jumped ahead', () => {
  const clock = new TickClock(30);
  clock.handleTick(0, 0);
  for (let tick = 1; tick <= 60; tick += 1) {
    clock.handleTick(tick, 5000 + tick * TICK_MS);
  }
  assertNear(clock.tickAt(5000 + 60 * TICK_MS), 60, 0.1);
  clock.handleTick(1000, 5000 + 61 * TICK_MS);
  assertNear(clock.tickAt(5000 + 61 * TICK_MS), 1000, 0.1);
});
