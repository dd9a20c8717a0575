// @ts-check
// Prints how a remote ship looks on bad lines: an hour of play in virtual time, the same on every machine. A jump is how far
// it is from where it would be if it had gone on as between the two frames before; at 320 units a second it goes 5.3 in a frame.
//
//   node tests/js/feel.mjs

import { Angle, Interpolation, Position, Replica, TickClock } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const RATE = 30;
const TICK_MS = 1000 / RATE;
const FRAME_MS = 1000 / 60;
const PLAYED_MS = 60 * 60 * 1000;
/** Until clock and delay have settled. */
const SETTLED_MS = 5000;
const STALL_EVERY_MS = 5000;
const SHIP = 1;
const CENTRE = 2048;
/** The ship stays away from the border, where it would bounce. */
const ROAM_UNITS = 800;

/** Round trips; half of them is on the way down. */
const LINES = [
  { name: 'as it is', lagMs: 1, jitterMs: 0, stallMs: 0 },
  { name: 'Wi-Fi', lagMs: 60, jitterMs: 20, stallMs: 0 },
  { name: 'mobile', lagMs: 150, jitterMs: 40, stallMs: 0 },
  { name: 'train', lagMs: 250, jitterMs: 100, stallMs: 800 },
];

/** A ship that changes its mind about three times a second, and when each of its ticks arrives. */
class Feed {
  /** @param {typeof LINES[number]} line */
  constructor(line) {
    this.line = line;
    this.lcg = new Lcg(11);
    this.replica = new Replica(welcomeOf(null));
    this.tick = 0;
    this.arrivesMs = 0;
  }

  /** @returns {{snapshot: any, atMs: number}} the next tick */
  next() {
    const isTurn = this.lcg.below(10) === 0;
    const controls = { steering: 'towards', aim: this.aim(), thrust: this.lcg.below(4) > 0, fire: false };
    const start = [change.set(SHIP, shipAt(CENTRE, CENTRE))];
    const changes = this.tick === 0 ? start : isTurn ? [change.steer(SHIP, controls)] : [];
    const snapshot = snapshotOf({ reset: this.tick === 0 ? 0 : null, changes });
    this.replica.apply(snapshot);
    this.arrivesMs = Math.max(this.arrivesMs, this.arrival(this.tick * TICK_MS));
    this.tick += 1;
    return { snapshot, atMs: this.arrivesMs };
  }

  /** @returns {number} anywhere, or back to the middle */
  aim() {
    const ship = this.replica.entities.get(SHIP);
    const [x, y] = [CENTRE - (ship?.x ?? 0) / Position.UNIT, CENTRE - (ship?.y ?? 0) / Position.UNIT];
    const anywhere = this.lcg.below(Angle.TURN);
    return Math.hypot(x, y) > ROAM_UNITS ? Angle.fromRadians(Math.atan2(y, x)) : anywhere;
  }

  /** @param {number} sentMs */
  arrival(sentMs) {
    const { lagMs, jitterMs, stallMs } = this.line;
    const sinceStall = sentMs % STALL_EVERY_MS;
    const leavesMs = sinceStall < stallMs ? sentMs - sinceStall + stallMs : sentMs;
    return leavesMs + (lagMs + (this.lcg.below(2001) / 1000 - 1) * jitterMs) / 2;
  }
}

/** @param {typeof LINES[number]} line */
function play(line) {
  const welcome = welcomeOf(null);
  const replica = new Replica(welcome);
  const clock = new TickClock(RATE);
  const interpolation = new Interpolation(welcome.rules, clock);
  const feed = new Feed(line);
  const seen = { delayMs: /** @type {number[]} */ ([]), jumps: /** @type {number[]} */ ([]), coasted: 0 };
  /** @type {{x: number, y: number}[]} */
  let last = [];
  let due = feed.next();
  for (let nowMs = 0; nowMs < PLAYED_MS; nowMs += FRAME_MS) {
    for (; due.atMs <= nowMs; due = feed.next()) {
      const applied = replica.apply(due.snapshot);
      clock.learn(applied.tick, due.atMs);
      interpolation.push(replica, applied, due.atMs);
    }
    const ship = interpolation.sample(nowMs).get(SHIP);
    if (!ship) continue;
    const [a, b] = last;
    if (a && b && nowMs > SETTLED_MS) {
      seen.jumps.push(Math.hypot(ship.x - 2 * b.x + a.x, ship.y - 2 * b.y + a.y));
      seen.delayMs.push(interpolation.delayTicksAt(nowMs) * TICK_MS);
      seen.coasted += interpolation.bufferedTicks(nowMs) < 0 ? 1 : 0;
    }
    last = [...last, { x: ship.x, y: ship.y }].slice(-2);
  }
  return seen;
}

/** @param {number[]} numbers @param {number} part @returns {number} what that part of them does not exceed */
function quantile(numbers, part) {
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.min(Math.floor(sorted.length * part), sorted.length - 1)];
}

console.log('| line | drawn behind, p50 | frames coasted | jump from frame to frame, p99 | largest |');
console.log('| --- | --- | --- | --- | --- |');
for (const line of LINES) {
  const { delayMs, jumps, coasted } = play(line);
  const label = `${line.name}: ${line.lagMs} ± ${line.jitterMs} ms${line.stallMs ? `, ${line.stallMs} ms stalls` : ''}`;
  const units = [quantile(jumps, 0.99), quantile(jumps, 1)].map((jump) => `${jump.toFixed(2)} units`);
  const share = `${((100 * coasted) / jumps.length).toFixed(2)} %`;
  console.log(`| ${label} | ${quantile(delayMs, 0.5).toFixed(0)} ms | ${share} | ${units.join(' | ')} |`);
}
