// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Interpolation, Replica, TickClock, ids } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const TICK_MS = 1000 / 30;
const FIRST = 2 ** 32 - 20;

/** A client that hears of every tick when it is told to. */
class Client {
  constructor() {
    const welcome = welcomeOf(null);
    this.replica = new Replica(welcome);
    this.clock = new TickClock(welcome.tickRate);
    this.interpolation = new Interpolation(welcome.rules, this.clock);
    this.ticks = 0;
  }

  /** The next tick arrives. @param {any[]} changes @param {number} [at] */
  hear(changes = [], at = this.ticks * TICK_MS) {
    const applied = this.replica.apply(snapshotOf({ reset: this.ticks === 0 ? FIRST : null, changes }));
    this.clock.learn(applied.tick, at);
    this.interpolation.push(this.replica, applied, at);
    this.ticks += 1;
  }

  /** @param {number} tick counted from the first @returns the picture at the moment that the tick arrives */
  sampleAt(tick) {
    return this.interpolation.sample(tick * TICK_MS);
  }
}

/** A client with a rock that has flown for some ticks: 8 units a tick. */
function watching(ticks = 10, more = /** @type {any[]} */ ([])) {
  const client = new Client();
  const rock = { kind: 'rock', x: 100 * 64, y: 100 * 64, vx: 240 * 16, vy: 0, size: 0, hull: 2 };
  client.hear([change.set(9000, rock), ...more]);
  while (client.ticks < ticks) {
    client.hear();
  }
  return client;
}

/** @param {number} actual @param {number} expected */
function near(actual, expected, within = 1e-6) {
  assert.ok(Math.abs(actual - expected) <= within, `${actual} is not near ${expected}`);
}

test('where ticks arrive evenly, others are drawn one tick back, between two ticks', () => {
  const client = watching(10);
  near(client.sampleAt(9).get(9000)?.x ?? NaN, 100 + 8 * 8);
  near(client.sampleAt(9.25).get(9000)?.x ?? NaN, 100 + 8.25 * 8);
});

test('a stall shows as coasting for a second, then stands still', () => {
  const client = watching(10);
  near(client.sampleAt(9 + 1 + 29.5).get(9000)?.x ?? NaN, 100 + 38.5 * 8);
  near(client.sampleAt(9 + 1 + 31).get(9000)?.x ?? NaN, 100 + 39 * 8);
  near(client.sampleAt(9 + 1 + 50).get(9000)?.x ?? NaN, 100 + 39 * 8);
});

test('what was elsewhere after a stall glides there', () => {
  const client = watching(10);
  const stalledAt = 20 * TICK_MS;
  const coasted = client.sampleAt(20).get(9000)?.x ?? NaN;
  near(coasted, 100 + 19 * 8);
  const stopped = { kind: 'rock', x: 180 * 64, y: 100 * 64, vx: 0, vy: 0, size: 0, hull: 2 };
  client.hear([change.set(9000, stopped)], stalledAt);
  for (let tick = 11; tick <= 20; tick += 1) {
    client.hear([], stalledAt);
  }
  near(client.sampleAt(20).get(9000)?.x ?? NaN, coasted);
  let last = coasted;
  for (let now = stalledAt; now <= stalledAt + 1000; now += 1000 / 60) {
    const x = client.interpolation.sample(now).get(9000)?.x ?? NaN;
    assert.ok(x <= last + 1e-9 && last - x < 0.2 * (coasted - 180), `${last} to ${x}`);
    last = x;
  }
  near(last, 180, 0.1);
});

test('a heading turns the shorter way', () => {
  const client = watching(1, [change.set(1, { ...shipAt(50, 50), heading: 1020 })]);
  client.hear([change.set(1, { ...shipAt(50, 50), heading: 4 })]);
  const heading = client.sampleAt(1.5).get(1)?.heading ?? NaN;
  near(heading, (1024 / 1024) * 2 * Math.PI);
});

test('a ship that is elsewhere all at once does not fly there', () => {
  const client = watching(1, [change.set(1, shipAt(50, 50))]);
  client.hear([change.set(1, shipAt(3000, 3000))]);
  near(client.sampleAt(1.9).get(1)?.x ?? NaN, 50);
  near(client.sampleAt(2).get(1)?.x ?? NaN, 3000);
});

test('a bullet that hits flies on until the tick in which it is gone', () => {
  const id = ids.bullet(1, 0);
  const client = watching(3, [change.set(id, { kind: 'bullet', x: 6400, y: 6400, heading: 0, life: 30 })]);
  client.hear([change.remove(id)]);
  near(client.sampleAt(3.5).get(id)?.x ?? NaN, 100 + (2.5 * 640) / 30, 0.1);
  assert.ok(!client.sampleAt(4).has(id));
});

test('what is born is not drawn before its tick', () => {
  const client = watching(3);
  client.hear([change.set(ids.bullet(1, 0), { kind: 'bullet', x: 6400, y: 6400, heading: 0, life: 30 })]);
  assert.ok(!client.sampleAt(3.9).has(ids.bullet(1, 0)));
  near(client.sampleAt(4).get(ids.bullet(1, 0))?.x ?? NaN, 100);
});

test('what happened is due when its tick is drawn, once', () => {
  const client = watching(1);
  client.hear([change.remove(9000)]);
  const removed = (/** @type {number} */ tick) => client.interpolation.takeDue(tick * TICK_MS).flatMap((it) => it.removed);
  assert.deepEqual(removed(1.9), []);
  assert.deepEqual(removed(2.1).map(([id]) => id), [9000]);
  assert.deepEqual(removed(2.2), []);
});

test('nothing is drawn before anything is known', () => {
  assert.equal(new Client().sampleAt(3).size, 0);
});

test('under jitter time goes on evenly', () => {
  const lcg = new Lcg(5);
  const client = new Client();
  const rock = { kind: 'rock', x: 100 * 64, y: 100 * 64, vx: 240 * 16, vy: 0, size: 0, hull: 2 };
  let arrived = 0;
  let drawn = NaN;
  for (let frame = 0; frame < 600; frame += 1) {
    const now = (frame * 1000) / 60;
    while (client.ticks * TICK_MS + 40 <= now) {
      arrived = Math.max(arrived, client.ticks * TICK_MS + lcg.below(40));
      client.hear(client.ticks === 0 ? [change.set(9000, rock)] : [], arrived);
    }
    const x = client.interpolation.sample(now).get(9000)?.x ?? NaN;
    if (frame > 120) {
      near(x - drawn, 4, 1);
    }
    drawn = x;
  }
  assert.ok(client.clock.jitterTicks > 0.1 && client.clock.jitterTicks < 1.2, `${client.clock.jitterTicks}`);
});

test('the clock keeps its line through a burst after a stall', () => {
  const clock = new TickClock(30);
  for (let tick = 0; tick <= 30; tick += 1) {
    clock.learn(tick, tick * TICK_MS);
  }
  for (let tick = 31; tick <= 90; tick += 1) {
    clock.learn(tick, 90 * TICK_MS);
  }
  near(clock.tickAt(90 * TICK_MS), 90, 0.1);
});

test('the clock follows a server that lost time, and one that jumps ahead', () => {
  const clock = new TickClock(30);
  clock.learn(0, 0);
  for (let tick = 1; tick <= 60; tick += 1) {
    clock.learn(tick, 5000 + tick * TICK_MS);
  }
  near(clock.tickAt(5000 + 60 * TICK_MS), 60, 0.1);
  clock.learn(1000, 5000 + 61 * TICK_MS);
  near(clock.tickAt(5000 + 61 * TICK_MS), 1000, 0.1);
});
