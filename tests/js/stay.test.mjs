// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Backoff, Stay, decodeServer, encodeClient } from '../../web/netcode/index.js';
import { Lcg, bytesOf, golden, hexOf } from './golden.mjs';

const { welcome, snapshots } = golden('replica.json').streams[0];
const { seat, room } = /** @type {any} */ (decodeServer(bytesOf(welcome)));
const drain = golden('messages.json').server.find((/** @type {any} */ { message }) => message.kind === 'drain');
const VIEWPORT = { width: 1600, height: 900 };
const ROLE = { kind: /** @type {const} */ ('player'), name: 'Ada' };

/** A page with a stay, whose sockets the test holds. */
class Page {
  now = 1000;
  /** @type {{url: string, sent: string[], closed: (number | undefined)[], [name: string]: any}[]} */ sockets = [];
  connections = 0;

  /** @param {number} random */
  constructor(random = 0.5) {
    this.stay = new Stay({
      url: 'ws://test/ws?room=asked',
      role: ROLE,
      viewport: VIEWPORT,
      openSocket: (url) => this.open(url),
      now: () => this.now,
      random: () => random,
      onConnection: () => void (this.connections += 1),
    });
    this.stay.open();
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

  /** The server lets us in. */
  enter() {
    this.socket.onopen({});
    this.receive(welcome);
    this.receive(snapshots[0].bytes);
  }

  /** @param {number} ms */
  pass(ms) {
    this.now += ms;
    this.stay.poll();
  }
}

/** @returns {Page} */
function staying(random = 0.5) {
  const page = new Page(random);
  page.enter();
  assert.equal(page.stay.state, 'staying');
  return page;
}

const helloOf = (/** @type {string | null} */ resume) => (
  hexOf(encodeClient({ kind: 'hello', role: ROLE, viewport: VIEWPORT, resume }))
);

test('a lost connection is followed by another, in the same room and for the same seat', () => {
  const page = staying();
  assert.equal(page.socket.sent[0], helloOf(null));
  const first = page.stay.connection;
  page.socket.onclose({ code: 1006 });
  assert.equal(page.stay.state, 'waiting');
  assert.equal(page.stay.closing?.code, 1006);
  assert.equal(page.stay.retryAt, page.now + 250);
  page.pass(249);
  assert.equal(page.sockets.length, 1);
  page.pass(1);
  assert.equal(page.stay.state, 'returning');
  assert.equal(page.socket.url, `ws://test/ws?room=${room}`);
  assert.equal(page.stay.connection, first, 'there is nothing else to show yet');
  page.enter();
  assert.equal(page.socket.sent[0], helloOf(seat.token));
  assert.equal(page.stay.state, 'staying');
  assert.notEqual(page.stay.connection, first);
  assert.deepEqual([page.connections, page.stay.returns, page.stay.attempts], [2, 1, 0]);
});

test('every failure makes the next wait longer', () => {
  const page = staying();
  const waits = Array.from({ length: 10 }, () => {
    page.socket.onclose({ code: 1006 });
    const wait = page.stay.retryAt - page.now;
    page.pass(wait);
    return wait;
  });
  assert.deepEqual(waits, [250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000, 15_000]);
  assert.equal(page.stay.attempts, 10);
});

test('a server that drains is left alone for as long as it asked', () => {
  const page = staying();
  page.receive(drain.bytes);
  assert.equal(page.stay.state, 'staying', 'it is not over yet');
  page.socket.onclose({ code: 1012 });
  assert.equal(page.stay.retryAt, page.now + drain.message.reconnectAfterMs + 250);
  page.stay.retry();
  page.socket.onclose({ code: 1006 });
  assert.equal(page.stay.retryAt, page.now + 500, 'it asked once');
});

test('what trying again does not heal is the end', () => {
  for (const code of [1000, 4001, 4002, 4003, 4006, 4008, 4009]) {
    const page = staying();
    page.socket.onclose({ code });
    assert.equal(page.stay.state, 'ended', `${code}`);
    assert.equal(page.stay.closing?.code, code);
    page.pass(100_000);
    assert.equal(page.sockets.length, 1);
  }
});

test('whoever leaves stays away', () => {
  const page = staying();
  page.stay.leave();
  assert.deepEqual(page.socket.closed, [1000]);
  page.socket.onclose({ code: 1000 });
  page.pass(100_000);
  assert.deepEqual([page.stay.state, page.sockets.length], ['ended', 1]);
  const waiting = staying();
  waiting.socket.onclose({ code: 1006 });
  waiting.stay.leave();
  waiting.pass(100_000);
  assert.deepEqual([waiting.stay.state, waiting.sockets.length], ['ended', 1]);
});

test('a server that is not heard any more has been lost, and keeps the seat', () => {
  const page = staying();
  page.pass(5000);
  assert.equal(page.stay.state, 'staying');
  page.pass(1);
  assert.equal(page.stay.state, 'waiting');
  assert.deepEqual(page.socket.closed, [undefined], 'a code of 1000 would give the seat away');
});

test('an attempt that comes to nothing is given up', () => {
  const page = new Page();
  page.pass(10_001);
  assert.equal(page.stay.state, 'waiting');
  page.pass(250);
  assert.equal(page.sockets.length, 2);
  page.sockets[0].onclose({ code: 1006 });
  assert.equal(page.stay.state, 'returning', 'what becomes of an old socket is of no interest');
});

test('clients that lost the same server come back spread out', () => {
  const lcg = new Lcg(3);
  const waits = Array.from({ length: 1000 }, () => {
    const backoff = new Backoff(() => lcg.below(1000) / 1000);
    return [backoff.next(), backoff.next(), backoff.next()][2];
  });
  const quarters = [0, 0, 0, 0];
  waits.forEach((wait) => (quarters[Math.floor(wait / 500)] += 1));
  quarters.forEach((count) => assert.ok(count > 200 && count < 300, `${quarters}`));
});
