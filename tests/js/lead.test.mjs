// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Lead, TickClock } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';

const RATE = 30;
const TICK_MS = 1000 / RATE;
const FIRST = 2 ** 32 - 60;

/** A way to a server and back: nothing overtakes anything, and everything takes its time. */
class Way {
  /** @param {{latencyMs: number, jitterMs: number, seed: number}} way one way */
  constructor({ latencyMs, jitterMs, seed }) {
    this.latencyMs = latencyMs;
    this.jitterMs = jitterMs;
    this.lcg = new Lcg(seed);
    this.free = { up: 0, down: 0 };
    /** Until when nothing gets through. */
    this.stalledUntil = 0;
  }

  /** @param {'up' | 'down'} direction @param {number} at @returns {number} when it arrives */
  send(direction, at) {
    const jitter = (this.lcg.below(1000) / 500 - 1) * this.jitterMs;
    this.free[direction] = Math.max(this.free[direction], at + this.latencyMs + jitter, this.stalledUntil + this.latencyMs);
    return this.free[direction];
  }
}

/** A client that sends an input every few ticks, and a server that says how early each came. */
class Flight {
  /** @param {Way} way */
  constructor(way) {
    this.way = way;
    this.clock = new TickClock(RATE);
    this.lead = new Lead(this.clock);
    this.lead.learnRoundTrip(2 * way.latencyMs);
    /** @type {{at: number, run: () => void}[]} */
    this.events = [];
    /** What the server has not applied yet, by ticks from 0 on. @type {{stamp: number, margin: number}[]} */
    this.waiting = [];
    this.serverAt = 0;
    /** @type {number[]} */
    this.margins = [];
    /** @type {number[]} how far the client's own tick went in each frame of a 60th of a second, in ticks */
    this.steps = [];
    /** @type {number | null} */
    this.drawn = null;
    this.now = 0;
  }

  /** @param {number} untilMs */
  run(untilMs) {
    for (let tick = Math.ceil(this.now / TICK_MS); tick * TICK_MS < untilMs; tick += 1) {
      this.later(tick * TICK_MS, () => this.serverTick(tick));
      if (tick % 3 === 0) {
        this.later(tick * TICK_MS + this.way.lcg.below(33), () => this.input());
      }
    }
    for (let frame = Math.ceil((this.now * 60) / 1000); (frame * 1000) / 60 < untilMs; frame += 1) {
      this.later((frame * 1000) / 60, () => this.frame());
    }
    for (let next = this.take(untilMs); next !== null; next = this.take(untilMs)) {
      this.now = next.at;
      next.run();
    }
    this.now = untilMs;
  }

  /** @param {number} at @param {() => void} run */
  later(at, run) {
    this.events.push({ at, run });
  }

  /** @param {number} untilMs */
  take(untilMs) {
    const first = this.events.reduce((a, b) => (b.at < a.at ? b : a), this.events[0]);
    if (first === undefined || first.at >= untilMs) {
      return null;
    }
    this.events.splice(this.events.indexOf(first), 1);
    return first;
  }

  /** The server takes what is due, tells of the last of it, and is heard. @param {number} tick */
  serverTick(tick) {
    const due = this.waiting.filter(({ stamp }) => stamp <= tick);
    this.waiting = this.waiting.filter(({ stamp }) => stamp > tick);
    this.serverAt = tick;
    const report = due.at(-1);
    this.later(this.way.send('down', this.now), () => {
      this.clock.learn((FIRST + tick) >>> 0, this.now);
      if (report) this.lead.learn({ ...report, stamp: (FIRST + report.stamp) & 0xff });
    });
  }

  input() {
    if (this.clock.newest === 0) return;
    const stamp = this.lead.stampAt(this.now);
    this.lead.note(stamp, this.now);
    const stampAt = (stamp - FIRST) | 0;
    this.later(this.way.send('up', this.now), () => {
      const margin = stampAt - (this.serverAt + 1);
      this.margins.push(margin);
      this.waiting.push({ stamp: stampAt, margin });
    });
  }

  frame() {
    if (this.clock.newest === 0) return;
    const tick = this.lead.tickAt(this.now);
    if (this.drawn !== null) this.steps.push(tick - this.drawn);
    this.drawn = tick;
  }
}

const late = (/** @type {Flight} */ { margins }) => margins.filter((margin) => margin < 0).length;
const FRAME_TICKS = RATE / 60;

for (const seed of [1, 2, 3, 4, 5]) {
  test(`at 150 ± 40 ms hardly any input is late, and time runs evenly (${seed})`, () => {
    const flight = new Flight(new Way({ latencyMs: 75, jitterMs: 20, seed }));
    flight.run(60_000);
    assert.ok(flight.margins.length > 500);
    assert.equal(late(flight), 0, `${late(flight)} of ${flight.margins.length} are late`);
    const mean = flight.margins.reduce((sum, margin) => sum + margin, 0) / flight.margins.length;
    assert.ok(mean < 3, `they are ${mean} ticks early`);
    const uneven = Math.max(...flight.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
    assert.ok(uneven < 0.21, `time ran up to ${uneven} off`);
  });
}

test('without jitter inputs come a few ticks early', () => {
  const flight = new Flight(new Way({ latencyMs: 20, jitterMs: 0, seed: 1 }));
  flight.run(20_000);
  assert.equal(late(flight), 0);
  assert.ok(flight.margins.slice(50).every((margin) => margin <= 3));
});

test('a way that grows longer is followed without a jump', () => {
  const flight = new Flight(new Way({ latencyMs: 20, jitterMs: 2, seed: 1 }));
  flight.run(10_000);
  flight.way.latencyMs = 120;
  flight.run(20_000);
  const before = late(flight);
  assert.ok(before > 0, 'the first are late');
  flight.run(40_000);
  assert.equal(late(flight), before, 'then none is');
  const uneven = Math.max(...flight.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
  assert.ok(uneven < 0.21, `time ran up to ${uneven} off`);
});

test('through a stall stamps go on, and afterwards all is as before', () => {
  const flight = new Flight(new Way({ latencyMs: 50, jitterMs: 5, seed: 1 }));
  flight.run(10_000);
  const wanted = flight.lead.wanted;
  flight.way.stalledUntil = 10_800;
  const stamped = flight.lead.stampAt(10_000);
  flight.run(10_700);
  assert.ok(Math.abs(((flight.lead.stampAt(10_700) - stamped) | 0) - 21) <= 1, 'it ran on');
  flight.run(20_000);
  assert.ok(Math.abs(flight.lead.wanted - wanted) < 1.5, `${wanted} became ${flight.lead.wanted}`);
  const uneven = Math.max(...flight.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
  assert.ok(uneven < 0.21, `time ran up to ${uneven} off`);
});

test('stamps never go back', () => {
  const clock = new TickClock(RATE);
  clock.learn(1000, 0);
  const lead = new Lead(clock);
  lead.note(1500, 0);
  assert.equal(lead.stampAt(10), 1500);
});

test('the lead is never more than a second', () => {
  const clock = new TickClock(RATE);
  clock.learn(1000, 0);
  const lead = new Lead(clock);
  lead.learnRoundTrip(60_000);
  assert.equal(lead.wanted, RATE);
});
