// @ts-check
// Measures how smoothly a remote ship is drawn on bad networks. Simulates one hour of deterministic play per network. A jump
// is the distance between the drawn position and the position extrapolated from the last two frames. For comparison: at full
// speed, 320 units per second, a ship moves 5.3 units per frame.
//
//   node tests/js/smoothness.mjs

import { Angle, Interpolation, Position, Replica, TickClock } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const RATE = 30;
const TICK_MS = 1000 / RATE;
const FRAME_MS = 1000 / 60;
const PLAYED_MS = 60 * 60 * 1000;
/** Time after which the clock and the interpolation delay have settled. Earlier frames are not measured. */
const SETTLED_MS = 5000;
const STALL_EVERY_MS = 5000;
const SHIP = 1;
const CENTRE = 2048;
/** Distance from the center at which the ship turns back, so that it never bounces off the border. */
const ROAM_UNITS = 800;

/** Latency and jitter of the round trip. Half of each applies to snapshots. */
const NETWORKS = [
  { name: 'local', latencyMs: 1, jitterMs: 0, stallMs: 0 },
  { name: 'Wi-Fi', latencyMs: 60, jitterMs: 20, stallMs: 0 },
  { name: 'mobile', latencyMs: 150, jitterMs: 40, stallMs: 0 },
  { name: 'train', latencyMs: 250, jitterMs: 100, stallMs: 800 },
];

/** A ship that changes course about three times a second, and the arrival times of its ticks. */
class SnapshotStream {
  /** @param {typeof NETWORKS[number]} network */
  constructor(network) {
    this.network = network;
    this.lcg = new Lcg(11);
    this.replica = new Replica(welcomeOf(null));
    this.tick = 0;
    this.arrivesMs = 0;
  }

  /** @returns {{snapshot: any, atMs: number}} the next tick */
  next() {
    const isTurn = this.lcg.below(10) === 0;
    const controls = { steering: 'towards', aim: this.aim(), thrust: this.lcg.below(4) > 0, fire: false, dash: false, choice: 0 };
    const start = [change.upsert(SHIP, shipAt(CENTRE, CENTRE))];
    const changes = this.tick === 0 ? start : isTurn ? [change.controls(SHIP, controls)] : [];
    const snapshot = snapshotOf({ full: this.tick === 0 ? 0 : null, changes });
    this.replica.apply(snapshot);
    this.arrivesMs = Math.max(this.arrivesMs, this.arrival(this.tick * TICK_MS));
    this.tick += 1;
    return { snapshot, atMs: this.arrivesMs };
  }

  /** @returns {number} a random direction or, if the ship is far from the center, the direction back to the center */
  aim() {
    const ship = this.replica.entities.get(SHIP);
    const [x, y] = [CENTRE - (ship?.x ?? 0) / Position.UNIT, CENTRE - (ship?.y ?? 0) / Position.UNIT];
    const anywhere = this.lcg.below(Angle.TURN);
    return Math.hypot(x, y) > ROAM_UNITS ? Angle.fromRadians(Math.atan2(y, x)) : anywhere;
  }

  /** @param {number} sentMs */
  arrival(sentMs) {
    const { latencyMs, jitterMs, stallMs } = this.network;
    const sinceStall = sentMs % STALL_EVERY_MS;
    const departureMs = sinceStall < stallMs ? sentMs - sinceStall + stallMs : sentMs;
    return departureMs + (latencyMs + (this.lcg.below(2001) / 1000 - 1) * jitterMs) / 2;
  }
}

/** @param {typeof NETWORKS[number]} network */
function play(network) {
  const welcome = welcomeOf(null);
  const replica = new Replica(welcome);
  const clock = new TickClock(RATE);
  const interpolation = new Interpolation(welcome.rules, clock);
  const stream = new SnapshotStream(network);
  const measured = { delayMs: /** @type {number[]} */ ([]), jumps: /** @type {number[]} */ ([]), extrapolated: 0 };
  /** @type {{x: number, y: number}[]} */
  let last = [];
  let due = stream.next();
  for (let nowMs = 0; nowMs < PLAYED_MS; nowMs += FRAME_MS) {
    for (; due.atMs <= nowMs; due = stream.next()) {
      const effects = replica.apply(due.snapshot);
      clock.handleTick(effects.tick, due.atMs);
      interpolation.push(replica, effects, due.atMs);
    }
    const ship = interpolation.sample(nowMs).get(SHIP);
    if (!ship) continue;
    const [a, b] = last;
    if (a && b && nowMs > SETTLED_MS) {
      measured.jumps.push(Math.hypot(ship.x - 2 * b.x + a.x, ship.y - 2 * b.y + a.y));
      measured.delayMs.push(interpolation.delayTicksAt(nowMs) * TICK_MS);
      measured.extrapolated += interpolation.bufferedTicks(nowMs) < 0 ? 1 : 0;
    }
    last = [...last, { x: ship.x, y: ship.y }].slice(-2);
  }
  return measured;
}

/** @param {number[]} numbers @param {number} part @returns {number} the quantile */
function quantile(numbers, part) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)];
}

console.log('| network | delay, p50 | frames extrapolated | jump between frames, p99 | maximum |');
console.log('| --- | --- | --- | --- | --- |');
for (const network of NETWORKS) {
  const { delayMs, jumps, extrapolated } = play(network);
  const { name, latencyMs, jitterMs, stallMs } = network;
  const label = `${name}: ${latencyMs} ± ${jitterMs} ms${stallMs ? `, ${stallMs} ms stalls` : ''}`;
  const units = [quantile(jumps, 0.99), quantile(jumps, 1)].map((jump) => `${jump.toFixed(2)} units`);
  const share = `${((100 * extrapolated) / jumps.length).toFixed(2)} %`;
  console.log(`| ${label} | ${quantile(delayMs, 0.5).toFixed(0)} ms | ${share} | ${units.join(' | ')} |`);
}
