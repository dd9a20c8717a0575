// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff, Client, decodeServer, encodeClient } from '../../web/netcode/index.js';
import { Lcg, bytesOf, golden, hexOf } from './golden.mjs';

const { welcome, snapshots } = golden('replica.json').streams[0];
const { seat, room } = /** @type {any} */ (decodeServer(bytesOf(welcome)));
const drain = golden('messages.json').server.find((/** @type {any} */ { message }) => message.kind === 'drain');
const VIEWPORT = { width: 1600, height: 900 };
const ROLE = { kind: /** @type {const} */ ('player'), name: 'Ada' };

/** A client whose clock and sockets are controlled by the test. */
class Page {
  now = 1000;
  /** @type {{url: string, sent: string[], closed: (number | undefined)[], [name: string]: any}[]} */ sockets = [];
  connections = 0;
  /** @type {string | null} */ profile = null;

  /** @param {number} random */
  constructor(random = 0.5) {
    const page = this;
    this.client = new Client({
      url: 'ws://test/ws?room=asked',
      role: ROLE,
      viewport: VIEWPORT,
      get profile() { return page.profile; },
      openSocket: (url) => this.open(url),
      now: () => this.now,
      random: () => random,
      onConnected: () => void (this.connections += 1),
    });
    this.client.open();
  }

  /** @param {string} url @returns {any} */
  open(url) {
    const socket = {
      url,
      readyState: 1,
      sent: /** @type {string[]} */ ([]),
      closed: /** @type {(number | undefined)[]} */ ([]),
      send: (/** @type {Uint8Array} */ bytes) => void socket.sent.push(hexOf(bytes)),
      close: (/** @type {number | undefined} */ code) => void socket.closed.push(code),
    };
    this.sockets.push(socket);
    return socket;
  }

  get socket() {
    return this.sockets[this.sockets.length - 1];
  }

  /** @param {string} hex */
  receive(hex) {
    this.socket.onmessage({ data: bytesOf(hex).buffer });
  }

  /** Simulates that the server accepts the newest connection. */
  accept() {
    this.socket.onopen({});
    this.receive(welcome);
    this.receive(snapshots[0].bytes);
  }

  /** @param {number} ms */
  advance(ms) {
    this.now += ms;
    this.client.poll();
  }
}

/** @returns {Page} */
function connected(random = 0.5) {
  const page = new Page(random);
  page.accept();
  assert.equal(page.client.state, 'connected');
  return page;
}

const helloOf = (/** @type {string | null} */ resume, /** @type {string | null} */ profile = null) => (
  hexOf(encodeClient({ kind: 'hello', role: ROLE, viewport: VIEWPORT, resume, profile }))
);

test('a lost connection is replaced by one to the same room and seat', () => {
  const page = connected();
  assert.equal(page.socket.sent[0], helloOf(null));
  const first = page.client.connection;
  page.socket.onclose({ code: 1006 });
  assert.equal(page.client.state, 'waiting');
  assert.equal(page.client.closeReason?.code, 1006);
  assert.equal(page.client.retryAt, page.now + 500);
  page.advance(499);
  assert.equal(page.sockets.length, 1);
  page.advance(1);
  assert.equal(page.client.state, 'reconnecting');
  assert.equal(page.socket.url, `ws://test/ws?room=${room}`);
  assert.equal(page.client.connection, first, 'the lost connection is drawn until then');
  page.accept();
  assert.equal(page.socket.sent[0], helloOf(seat.token));
  assert.equal(page.client.state, 'connected');
  assert.notEqual(page.client.connection, first);
  assert.deepEqual([page.connections, page.client.reconnects, page.client.attempts], [2, 1, 0]);
});

test('the secret of the profile is read again for each connection', () => {
  const page = connected();
  page.profile = '0f'.repeat(16);
  page.socket.onclose({ code: 1006 });
  page.advance(500);
  page.accept();
  assert.equal(page.socket.sent[0], helloOf(seat.token, page.profile));
});

test('attempts are frequent for 10 s, at most 4 s apart for a minute, and rare thereafter', () => {
  const page = connected();
  const lostAt = page.now;
  const waits = Array.from({ length: 40 }, () => {
    page.socket.onclose({ code: 1006 });
    const [afterMs, waitMs] = [page.now - lostAt, page.client.retryAt - page.now];
    page.advance(waitMs);
    return { afterMs, waitMs };
  });
  const waitsBetween = (/** @type {number} */ fromMs, /** @type {number} */ toMs) => (
    new Set(waits.filter(({ afterMs }) => afterMs >= fromMs && afterMs < toMs).map(({ waitMs }) => waitMs))
  );
  assert.deepEqual([...waitsBetween(0, 10_000)], [500]);
  assert.deepEqual([...waitsBetween(10_000, 60_000)], [3000]);
  assert.deepEqual([...waitsBetween(60_000, Infinity)], [22_500]);
  assert.equal(page.client.attempts, 40);
  page.accept();
  page.socket.onclose({ code: 1006 });
  assert.equal(page.client.retryAt - page.now, 500, 'a new outage starts over');
});

test('retry() connects at once, and abandons an attempt that is not answered', () => {
  const page = connected();
  page.client.retry();
  assert.equal(page.sockets.length, 1, 'not while connected');
  page.socket.onclose({ code: 1006 });
  page.client.retry();
  page.client.retry();
  assert.deepEqual([page.sockets.length, page.client.state], [3, 'reconnecting']);
  assert.deepEqual(page.sockets[1].closed, [undefined], 'code 1000 would free the seat');
  page.accept();
  assert.deepEqual([page.client.state, page.client.reconnects], ['connected', 1]);
});

test('the reconnection delay of a draining server is respected', () => {
  const page = connected();
  page.receive(drain.bytes);
  assert.equal(page.client.state, 'connected', 'still connected');
  page.socket.onclose({ code: 1012 });
  assert.equal(page.client.retryAt, page.now + drain.message.reconnectAfterMs + 500);
  page.client.retry();
  page.socket.onclose({ code: 1006 });
  assert.equal(page.client.retryAt, page.now + 500, 'the drain delay applies once');
});

test('attempts that cannot connect do not replace the reason for which the connection ended', () => {
  const page = connected();
  page.socket.onclose({ code: 1012 });
  page.advance(500);
  page.socket.onclose({ code: 1006 });
  assert.equal(page.client.closeReason?.code, 1012);
  page.advance(500);
  page.socket.onclose({ code: 4007 });
  assert.equal(page.client.closeReason?.code, 4007, 'the server answered');
  page.advance(2500);
  page.accept();
  page.socket.onclose({ code: 1006 });
  assert.equal(page.client.closeReason?.code, 1006, 'a new outage');
});

test('the delay of a refusal is added to the backoff', () => {
  const page = connected();
  page.socket.onclose({ code: 4013 });
  assert.equal(page.client.retryAt, page.now + 2000 + 500);
  page.advance(2500);
  page.socket.onclose({ code: 4013 });
  assert.equal(page.client.retryAt, page.now + 2000 + 500);
});

test('permanent errors end the client', () => {
  for (const code of [1000, 4001, 4002, 4003, 4006, 4008, 4009]) {
    const page = connected();
    page.socket.onclose({ code });
    assert.equal(page.client.state, 'closed', `${code}`);
    assert.equal(page.client.closeReason?.code, code);
    page.advance(100_000);
    assert.equal(page.sockets.length, 1);
  }
});

test('a client that left does not reconnect', () => {
  const page = connected();
  page.client.leave();
  assert.deepEqual(page.socket.closed, [1000]);
  page.socket.onclose({ code: 1000 });
  page.advance(100_000);
  assert.deepEqual([page.client.state, page.sockets.length], ['closed', 1]);
  const waiting = connected();
  waiting.socket.onclose({ code: 1006 });
  waiting.client.leave();
  waiting.advance(100_000);
  assert.deepEqual([waiting.client.state, waiting.sockets.length], ['closed', 1]);
});

test('a silent server counts as lost, and the seat is kept', () => {
  const page = connected();
  page.advance(5000);
  assert.equal(page.client.state, 'connected');
  page.advance(1);
  assert.equal(page.client.state, 'waiting');
  assert.deepEqual(page.socket.closed, [undefined], 'code 1000 would free the seat');
});

test('an attempt without an answer times out', () => {
  const page = new Page();
  page.advance(10_001);
  assert.equal(page.client.state, 'waiting');
  page.advance(500);
  assert.equal(page.sockets.length, 2);
  page.sockets[0].onclose({ code: 1006 });
  assert.equal(page.client.state, 'reconnecting', 'events of an old socket are ignored');
});

test('jitter spreads the reconnections of many clients', () => {
  const lcg = new Lcg(3);
  const delays = Array.from({ length: 1000 }, () => new Backoff(() => lcg.below(1000) / 1000).nextDelayMs(0));
  const quarters = [0, 0, 0, 0];
  delays.forEach((delay) => (quarters[Math.floor((delay - 250) / 125)] += 1));
  quarters.forEach((count) => assert.ok(count > 200 && count < 300, `${quarters}`));
});
