// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Lead, TickClock } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';

const RATE = 30;
const TICK_MS = 1000 / RATE;
const FIRST = 2 ** 32 - 60;

/** A simulated network with latency, jitter and stalls. Messages stay in order. */
class Network {
  /** @param {{latencyMs: number, jitterMs: number, seed: number}} options per direction */
  constructor({ latencyMs, jitterMs, seed }) {
    this.latencyMs = latencyMs;
    this.jitterMs = jitterMs;
    this.lcg = new Lcg(seed);
    /** Arrival time of the newest message. */
    this.newestAt = { up: 0, down: 0 };
    /** End of the current stall, at which messages sent during the stall depart. */
    this.stalledUntil = 0;
  }

  /** @param {'up' | 'down'} direction @param {number} at @returns {number} the arrival time */
  send(direction, at) {
    const jitter = (this.lcg.below(1000) / 500 - 1) * this.jitterMs;
    this.newestAt[direction] = Math.max(this.newestAt[direction], at + this.latencyMs + jitter, this.stalledUntil + this.latencyMs);
    return this.newestAt[direction];
  }
}

/** A client that sends an input every third tick, and a server that reports how early each input arrived. */
class Simulation {
  /** @param {Network} network */
  constructor(network) {
    this.network = network;
    this.clock = new TickClock(RATE);
    this.lead = new Lead(this.clock);
    this.lead.handleRoundTrip(2 * network.latencyMs);
    /** @type {{at: number, run: () => void}[]} */
    this.events = [];
    /** Inputs that the server has not applied yet. Their stamps count from 0. @type {{stamp: number, margin: number}[]} */
    this.waiting = [];
    this.serverAt = 0;
    /** @type {number[]} */
    this.margins = [];
    /** @type {number[]} how many ticks the client's tick advanced in each frame of 1/60 s */
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
        this.later(tick * TICK_MS + this.network.lcg.below(33), () => this.input());
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

  /** Simulates a server tick: applies the inputs that are due, and sends a report on the last one. @param {number} tick */
  serverTick(tick) {
    const due = this.waiting.filter(({ stamp }) => stamp <= tick);
    this.waiting = this.waiting.filter(({ stamp }) => stamp > tick);
    this.serverAt = tick;
    const report = due.at(-1);
    this.later(this.network.send('down', this.now), () => {
      this.clock.handleTick((FIRST + tick) >>> 0, this.now);
      if (report) this.lead.handleReport({ ...report, stamp: (FIRST + report.stamp) & 0xff });
    });
  }

  input() {
    if (this.clock.newest === 0) return;
    const stamp = this.lead.stampAt(this.now);
    this.lead.recordInput(stamp, this.now);
    const stampAt = (stamp - FIRST) | 0;
    this.later(this.network.send('up', this.now), () => {
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

const late = (/** @type {Simulation} */ { margins }) => margins.filter((margin) => margin < 0).length;
const FRAME_TICKS = RATE / 60;

for (const seed of [1, 2, 3, 4, 5]) {
  test(`at 150 ± 40 ms no input is late, and time advances evenly (seed ${seed})`, () => {
    const simulation = new Simulation(new Network({ latencyMs: 75, jitterMs: 20, seed }));
    simulation.run(60_000);
    assert.ok(simulation.margins.length > 500);
    assert.equal(late(simulation), 0, `${late(simulation)} of ${simulation.margins.length} are late`);
    const mean = simulation.margins.reduce((sum, margin) => sum + margin, 0) / simulation.margins.length;
    assert.ok(mean < 3, `inputs are ${mean} ticks early`);
    const uneven = Math.max(...simulation.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
    assert.ok(uneven < 0.21, `time deviates by up to ${uneven}`);
  });
}

test('without jitter, inputs arrive at most a few ticks early', () => {
  const simulation = new Simulation(new Network({ latencyMs: 20, jitterMs: 0, seed: 1 }));
  simulation.run(20_000);
  assert.equal(late(simulation), 0);
  assert.ok(simulation.margins.slice(50).every((margin) => margin <= 3));
});

test('the lead follows rising latency without a jump', () => {
  const simulation = new Simulation(new Network({ latencyMs: 20, jitterMs: 2, seed: 1 }));
  simulation.run(10_000);
  simulation.network.latencyMs = 120;
  simulation.run(20_000);
  const before = late(simulation);
  assert.ok(before > 0, 'the first inputs are late');
  simulation.run(40_000);
  assert.equal(late(simulation), before, 'later ones are not');
  const uneven = Math.max(...simulation.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
  assert.ok(uneven < 0.21, `time deviates by up to ${uneven}`);
});

test('stamps continue through a stall, which does not change the lead', () => {
  const simulation = new Simulation(new Network({ latencyMs: 50, jitterMs: 5, seed: 1 }));
  simulation.run(10_000);
  const wanted = simulation.lead.target;
  simulation.network.stalledUntil = 10_800;
  const stamped = simulation.lead.stampAt(10_000);
  simulation.run(10_700);
  assert.ok(Math.abs(((simulation.lead.stampAt(10_700) - stamped) | 0) - 21) <= 1, 'the client tick continued');
  simulation.run(20_000);
  assert.ok(Math.abs(simulation.lead.target - wanted) < 1.5, `${wanted} became ${simulation.lead.target}`);
  const uneven = Math.max(...simulation.steps.map((step) => Math.abs(step / FRAME_TICKS - 1)));
  assert.ok(uneven < 0.21, `time deviates by up to ${uneven}`);
});

test('two seconds after a stall of six, the lead is as before', () => {
  const simulation = new Simulation(new Network({ latencyMs: 50, jitterMs: 8, seed: 1 }));
  simulation.run(10_000);
  const wanted = simulation.lead.target;
  simulation.network.stalledUntil = 16_000;
  simulation.run(18_000);
  const { target } = simulation.lead;
  assert.ok(Math.abs(target - wanted) < 1.5, `${wanted} became ${target}`);
  const before = late(simulation);
  simulation.run(30_000);
  assert.equal(late(simulation), before, 'no input is late then');
});

test('stamps never decrease', () => {
  const clock = new TickClock(RATE);
  clock.handleTick(1000, 0);
  const lead = new Lead(clock);
  lead.recordInput(1500, 0);
  assert.equal(lead.stampAt(10), 1500);
});

test('the lead is at most a second', () => {
  const clock = new TickClock(RATE);
  clock.handleTick(1000, 0);
  const lead = new Lead(clock);
  lead.handleRoundTrip(60_000);
  assert.equal(lead.target, RATE);
});
