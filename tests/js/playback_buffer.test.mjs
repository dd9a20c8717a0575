// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { PlaybackBuffer, Replica } from '../../web/netcode/index.js';
import { change, snapshotOf, welcomeOf } from './world.mjs';

const TICK_RATE = 30;
const ROCK = 9000;
/** The rock moves by this many units per tick, and begins at 100 units in tick 0. */
const STEP = 8;
/** The rock bounces off the edge of the world after more ticks than this. */
const TICKS_TO_EDGE = 480;
const FRAME_MS = 1000 / 60;

/** Plays ticks that arrive when the test says so. */
class Viewer {
  now = 1000;
  replica = new Replica(welcomeOf(null));
  buffer = new PlaybackBuffer(this.replica.rules);

  /** Receives a full snapshot. @param {number} tick */
  cut(tick) {
    const x = (100 + tick * STEP) * 64;
    this.receive(snapshotOf({ full: tick, changes: [change.upsert(ROCK, rockAt(x))] }));
  }

  /** @param {any} snapshot */
  receive(snapshot = snapshotOf({})) {
    this.buffer.push(this.replica, this.replica.apply(snapshot), this.now);
  }

  /**
   * Draws frames while messages of several ticks arrive at regular intervals.
   * @param {{frames?: number, intervalMs?: number, ticks?: number}} how
   * @returns the drawn ticks, one per frame
   */
  play({ frames = 0, intervalMs = 1000 / TICK_RATE, ticks = 1 }) {
    const drawn = [];
    const end = this.now + (frames + 0.5) * FRAME_MS;
    let frameMs = this.now + FRAME_MS;
    let arrivalMs = this.now + intervalMs;
    while (Math.min(frameMs, arrivalMs) < end) {
      if (arrivalMs <= frameMs) {
        this.now = arrivalMs;
        for (let tick = 0; tick < ticks; tick += 1) this.receive();
        arrivalMs += intervalMs;
      } else {
        this.now = frameMs;
        drawn.push(this.drawn());
        frameMs += FRAME_MS;
      }
    }
    return drawn;
  }

  /** Draws frames while nothing arrives. @param {number} frames */
  wait(frames) {
    return this.play({ frames, intervalMs: Infinity });
  }

  /** The drawn tick. The position of the rock must match it, unless the rock has already reached the edge of the world. */
  drawn() {
    const tick = this.buffer.tickAt(this.now);
    const x = this.buffer.sample(this.now).get(ROCK)?.x ?? NaN;
    assert.ok(tick > TICKS_TO_EDGE || Math.abs(x - (100 + tick * STEP)) < 0.1, `${x} in tick ${tick}`);
    return tick;
  }
}

/** @param {number} x @returns {any} */
function rockAt(x) {
  return { kind: 'rock', x, y: 6400, vx: STEP * TICK_RATE * 16, vy: 0, size: 0, hull: 2 };
}

/** @param {number} tick */
function viewerAt(tick) {
  const viewer = new Viewer();
  viewer.cut(tick);
  return viewer;
}

/** @param {number[]} values */
const steps = (values) => values.slice(1).map((value, at) => value - values[at]);

for (const [name, speed, intervalMs, ticks] of /** @type {const} */ ([
  ['a quarter of real time, with a message every four periods', 0.25, 4000 / TICK_RATE, 1],
  ['real time', 1, 1000 / TICK_RATE, 1],
  ['16 times real time, with 16 ticks at once', 16, 1000 / TICK_RATE, 16],
])) {
  test(`motion is even at ${name}`, () => {
    const viewer = viewerAt(0);
    viewer.buffer.setSpeed(speed, viewer.now);
    const drawn = viewer.play({ frames: 180, intervalMs, ticks }).slice(60);
    const expected = (speed * TICK_RATE) / 60;
    steps(drawn).forEach((step) => assert.ok(Math.abs(step - expected) <= 0.1 * expected + 1e-3, `${step} is not ${expected}`));
    const buffered = viewer.buffer.bufferedTicks(viewer.now) / (speed * TICK_RATE);
    assert.ok(buffered > 0.05 && buffered < 0.3 / Math.min(speed, 1), `${buffered} s are buffered`);
  });
}

test('at the end of the range, playback stops at the last tick, and goes on when there are more', () => {
  const viewer = viewerAt(0);
  viewer.play({ frames: 60 });
  const newest = 30;
  const waiting = viewer.wait(120);
  assert.equal(waiting.at(-1), newest, 'nothing is extrapolated');
  const continued = viewer.play({ frames: 60 });
  assert.ok(steps([...waiting, ...continued]).every((step) => step >= 0 && step < 1), 'no jump');
  assert.ok((continued.at(-1) ?? 0) > newest + 20);
});

test('after a stall, playback waits until the buffer is filled again', () => {
  const viewer = viewerAt(0);
  viewer.play({ frames: 60 });
  viewer.wait(60);
  viewer.play({ frames: 60 });
  const drawn = viewer.play({ frames: 60 });
  assert.ok(Math.min(...steps(drawn)) > 0.4, 'it no longer stops');
});

test('a pause stops at once, even if ticks still arrive, and continues at the same place', () => {
  const viewer = viewerAt(0);
  viewer.play({ frames: 60 });
  const at = viewer.drawn();
  viewer.buffer.setPaused(true, viewer.now);
  assert.equal(viewer.play({ frames: 12 }).at(-1), at);
  viewer.wait(600);
  assert.equal(viewer.drawn(), at);
  viewer.buffer.setPaused(false, viewer.now);
  const [first] = viewer.wait(1);
  assert.ok(first > at && first < at + 1, `${first - at} ticks`);
});

test('a full snapshot moves to its tick, also to an earlier one, and drops the effects that were due later', () => {
  const viewer = viewerAt(500);
  viewer.play({ frames: 20 });
  viewer.cut(30);
  assert.equal(viewer.drawn(), 30);
  assert.deepEqual(viewer.buffer.takeDueEffects(viewer.now).map(({ tick }) => tick), [30]);
  const drawn = viewer.play({ frames: 60 });
  assert.ok((drawn.at(-1) ?? 0) > 50 && (drawn.at(-1) ?? 0) < 60);
});

test('a full snapshot is shown during a pause', () => {
  const viewer = viewerAt(500);
  viewer.buffer.setPaused(true, viewer.now);
  viewer.cut(30);
  assert.equal(viewer.wait(60).at(-1), 30);
});

test('effects are due once, when their tick is drawn', () => {
  const viewer = viewerAt(0);
  viewer.play({ frames: 60 });
  const due = viewer.buffer.takeDueEffects(viewer.now).map(({ tick }) => tick);
  assert.deepEqual(due, Array.from({ length: Math.floor(viewer.drawn()) + 1 }, (_, tick) => tick));
  assert.deepEqual(viewer.buffer.takeDueEffects(viewer.now), []);
});

test('the buffer is bounded even if it is never drawn', () => {
  const viewer = viewerAt(0);
  viewer.buffer.setPaused(true, viewer.now);
  for (let tick = 0; tick < 3000; tick += 1) viewer.receive();
  assert.ok(viewer.buffer.bufferedTicks(viewer.now) <= 1024);
  assert.ok(viewer.buffer.takeDueEffects(viewer.now).length <= 1024);
});

test('nothing is drawn before the first tick', () => {
  const viewer = new Viewer();
  assert.equal(viewer.buffer.sample(0).size, 0);
  assert.ok(viewer.buffer.isEmpty);
});
