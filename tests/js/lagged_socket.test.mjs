// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LaggedSocket } from '../../web/netcode/index.js';
import { Lcg } from './golden.mjs';

/** A `LaggedSocket` in simulated time. */
class Bench {
  now = 0;
  /** @type {{at: number, run: () => void}[]} */ timers = [];
  /** @type {{at: number, what: string}[]} */ sent = [];
  /** @type {{at: number, what: string}[]} */ received = [];
  lcg = new Lcg(1);

  /** @param {Partial<import('../../web/netcode/lagged_socket.js').NetworkConditions>} network */
  constructor(network) {
    this.network = { latencyMs: 0, jitterMs: 0, stallMs: 0, lossPercent: 0, ...network };
    this.inner = {
      binaryType: 'blob',
      readyState: 1,
      onopen: /** @type {any} */ (null),
      onmessage: /** @type {any} */ (null),
      onclose: /** @type {any} */ (null),
      send: (/** @type {any} */ bytes) => void this.sent.push({ at: this.now, what: String(bytes) }),
      close: (/** @type {number | undefined} */ code) => void this.sent.push({ at: this.now, what: `close ${code}` }),
    };
    this.socket = new LaggedSocket(this.inner, this.network, {
      now: () => this.now,
      schedule: (run, ms) => this.timers.push({ at: this.now + ms, run }),
      random: () => this.lcg.below(1000) / 1000,
    });
    this.socket.onopen = () => void this.received.push({ at: this.now, what: 'open' });
    this.socket.onmessage = ({ data }) => void this.received.push({ at: this.now, what: data });
    this.socket.onclose = ({ code }) => void this.received.push({ at: this.now, what: `close ${code}` });
  }

  /** @param {number} until */
  advanceTo(until) {
    for (;;) {
      const next = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
    }
    this.now = until;
  }
}

test('half of the latency applies to each direction', () => {
  const bench = new Bench({ latencyMs: 150 });
  bench.inner.onopen({});
  bench.inner.onmessage({ data: 'a' });
  bench.socket.send(/** @type {any} */ ('b'));
  bench.advanceTo(1000);
  assert.deepEqual(bench.received, [{ at: 75, what: 'open' }, { at: 75, what: 'a' }]);
  assert.deepEqual(bench.sent, [{ at: 75, what: 'b' }]);
});

test('jitter spreads messages without reordering them', () => {
  const bench = new Bench({ latencyMs: 150, jitterMs: 40 });
  bench.now = 1000;
  /** @type {number[]} */
  const delays = [];
  for (let number = 0; number < 500; number += 1) {
    const from = bench.now;
    bench.inner.onmessage({ data: number });
    bench.advanceTo(from + 100);
    delays.push((bench.received.at(-1)?.at ?? NaN) - from);
  }
  assert.deepEqual(bench.received.map(({ what }) => what), Array.from({ length: 500 }, (_, number) => number));
  assert.ok(Math.min(...delays) >= 55 && Math.min(...delays) < 57 && Math.max(...delays) <= 95 && Math.max(...delays) > 93);
});

test('a stall delays everything until it is over', () => {
  const bench = new Bench({ latencyMs: 20, stallMs: 700 });
  bench.advanceTo(5100);
  bench.inner.onmessage({ data: 'a' });
  bench.socket.send(/** @type {any} */ ('b'));
  bench.advanceTo(5600);
  bench.inner.onmessage({ data: 'c' });
  bench.advanceTo(5705);
  assert.deepEqual([bench.received, bench.sent], [[], []]);
  bench.advanceTo(5800);
  bench.inner.onmessage({ data: 'd' });
  bench.advanceTo(9000);
  assert.deepEqual(bench.received, [{ at: 5710, what: 'a' }, { at: 5710, what: 'c' }, { at: 5810, what: 'd' }]);
  assert.deepEqual(bench.sent, [{ at: 5710, what: 'b' }]);
});

test('lower latency does not reorder messages in flight', () => {
  const bench = new Bench({ latencyMs: 400 });
  bench.inner.onmessage({ data: 'a' });
  bench.network.latencyMs = 0;
  bench.inner.onmessage({ data: 'b' });
  bench.advanceTo(1000);
  assert.deepEqual(bench.received.map(({ what }) => what), ['a', 'b']);
});

test('close keeps its order, and nothing is sent on a closed socket', () => {
  const bench = new Bench({ latencyMs: 100 });
  bench.socket.send(/** @type {any} */ ('a'));
  bench.socket.close(1000);
  bench.advanceTo(60);
  assert.deepEqual(bench.sent.map(({ what }) => what), ['a', 'close 1000']);
  bench.inner.readyState = 3;
  bench.socket.send(/** @type {any} */ ('b'));
  bench.inner.onclose({ code: 1000 });
  bench.advanceTo(200);
  assert.equal(bench.sent.length, 2);
  assert.deepEqual(bench.received.map(({ what }) => what), ['close 1000']);
});

test('a lost message is retransmitted after a timeout, and delays everything behind it', () => {
  const bench = new Bench({ latencyMs: 100, lossPercent: 100 });
  bench.inner.onmessage({ data: 'lost' });
  bench.network.lossPercent = 0;
  bench.inner.onmessage({ data: 'behind' });
  bench.advanceTo(1000);
  assert.deepEqual(bench.received, [{ at: 350, what: 'lost' }, { at: 350, what: 'behind' }]);
});

test('datagrams are not retransmitted', () => {
  const bench = new Bench({ latencyMs: 100, lossPercent: 100 });
  Object.assign(bench.inner, { transport: 'datagrams', counts: { ticks: 2, datagrams: 1 } });
  bench.inner.onmessage({ data: 'snapshot' });
  bench.advanceTo(1000);
  assert.deepEqual(bench.received, [{ at: 50, what: 'snapshot' }]);
  assert.deepEqual(bench.socket.counts, { ticks: 2, datagrams: 1 });
});
