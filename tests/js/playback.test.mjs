// @ts-check
/** Tests that a client controls a replay, and that it handles a full snapshot of any tick. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Client, encodeClient } from '../../web/netcode/index.js';
import { bytesOf, golden, hexOf } from './golden.mjs';

const { welcome, snapshots } = golden('replica.json').streams[0];
const SPECTATOR_WELCOME = welcome.replace(/^000100.{34}/, '0000');
const TICK_MS = 1000 / 30;
const hexOfMessage = (/** @type {any} */ message) => hexOf(encodeClient(message));

/** A client whose clock and sockets are controlled by the test. */
class Page {
  now = 1000;
  /** @type {{url: string, sent: string[], [name: string]: any}[]} */ sockets = [];
  /** The ticks applied. @type {number[]} */ ticks = [];

  constructor(url = 'ws://test/ws?replay=main&tick=7') {
    this.client = new Client({
      url,
      role: { kind: 'spectator' },
      viewport: { width: 0, height: 0 },
      openSocket: (address) => this.open(address),
      now: () => this.now,
      random: () => 0.5,
      onSnapshot: ({ tick }) => void this.ticks.push(tick),
    });
    this.client.open();
  }

  /** @param {string} url @returns {any} */
  open(url) {
    const socket = {
      url,
      readyState: 1,
      sent: /** @type {string[]} */ ([]),
      send: (/** @type {Uint8Array} */ bytes) => void socket.sent.push(hexOf(bytes)),
      close: () => {},
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

  /** Receives snapshots of the golden stream, with this time between them. */
  receiveTicks(from = 0, end = from + 1, intervalMs = TICK_MS) {
    for (let index = from; index < end; index += 1) {
      this.now += intervalMs;
      this.receive(snapshots[index].bytes);
    }
  }

  accept() {
    this.socket.onopen({});
    this.receive(SPECTATOR_WELCOME);
    this.receiveTicks();
  }

  /** The messages that control the replay, sent since the last call. @returns {string[]} */
  takeSent() {
    const sent = this.socket.sent.filter((hex) => /^0[678]/.test(hex));
    this.socket.sent = [];
    return sent;
  }

  get drawnTick() {
    return this.client.connection.interpolation?.tickAt(this.now) ?? NaN;
  }
}

function watching() {
  const page = new Page();
  page.accept();
  return page;
}

test('seek, speed and pause are sent to the replay', () => {
  const page = watching();
  page.client.seek(300);
  page.client.setSpeed(64);
  page.client.pause(true);
  assert.deepEqual(page.takeSent(), ['06fb2c01', '0740', '0801']);
  assert.throws(() => page.client.setSpeed(65), RangeError);
  const room = new Page('ws://test/ws?room=main');
  assert.throws(() => room.client.seek(300), /not play a replay/);
});

test('after a seek to an earlier tick the replay continues from there', () => {
  const page = watching();
  page.receiveTicks(1, 60);
  const { connection } = page.client;
  page.client.seek(snapshots[0].tick);
  page.receiveTicks(0, 30);
  assert.deepEqual(page.ticks.slice(60), snapshots.slice(0, 30).map((/** @type {any} */ { tick }) => tick));
  assert.equal(connection.statistics.resyncs, 0);
  assert.ok(connection.clock);
  const behind = connection.clock.newest - page.drawnTick;
  assert.ok(behind > 0 && behind < 5, `the drawn tick follows at once: ${behind} ticks behind`);
  assert.ok(connection.sampleRemote(page.now).size > 0);
});

test('effects that were due at the old position are not shown at the new one', () => {
  const page = watching();
  page.receiveTicks(1, 5);
  page.receiveTicks(0, 1);
  const due = page.client.connection.takeDueEffects(page.now + 1000);
  assert.deepEqual(due.map(({ tick }) => tick), [snapshots[0].tick]);
});

test('during a pause time stands still and the connection is not lost while pongs arrive', () => {
  const page = watching();
  page.receiveTicks(1, 30);
  page.client.pause(true);
  const before = page.drawnTick;
  for (let second = 1; second <= 20; second += 1) {
    page.now += 1000;
    page.client.poll();
    page.socket.sent.filter((hex) => hex.startsWith('04')).forEach((hex) => page.receive(`01${hex.slice(2)}`));
    page.socket.sent = [];
  }
  assert.equal(page.client.state, 'connected');
  assert.ok(Math.abs(page.drawnTick - before) < 0.5, `${page.drawnTick - before} ticks`);
  page.now += 5001;
  page.client.poll();
  assert.equal(page.client.state, 'waiting', 'no pong has arrived for five seconds');
});

test('ticks are drawn at the speed of the replay', () => {
  for (const [quarters, intervalMs] of [[1, 4 * TICK_MS], [16, TICK_MS / 4]]) {
    const page = watching();
    page.client.setSpeed(quarters);
    page.receiveTicks(1, 200, intervalMs);
    const [tick, now] = [page.drawnTick, page.now];
    page.receiveTicks(200, 220, intervalMs);
    const rate = (page.drawnTick - tick) / (page.now - now);
    assert.ok(Math.abs(rate * intervalMs - 1) < 0.1, `${quarters}: ${rate * intervalMs} of the ticks`);
  }
});

test('many seeks become few messages, and the newest one is sent', () => {
  const page = watching();
  /** @type {string[]} */
  const sent = [];
  for (let tick = 1; tick <= 100; tick += 1) {
    page.client.seek(tick);
    page.now += 10;
    page.client.poll();
    sent.push(...page.takeSent());
    if (tick === 50) page.receiveTicks(0, 1);
  }
  assert.equal(page.client.playback.seekingTo, 100);
  page.now += 2000;
  page.client.poll();
  sent.push(...page.takeSent());
  assert.deepEqual(sent, [1, 50, 100].map((tick) => hexOfMessage({ kind: 'seek', tick })));
  page.receiveTicks(0, 1);
  assert.equal(page.client.playback.seekingTo, null);
});

test('a match that does not exist is not requested again', () => {
  const page = watching();
  page.socket.onclose({ code: 4004 });
  assert.equal(page.client.state, 'closed');
});

test('a reconnection continues at the last tick, with the same speed and pause', () => {
  const page = watching();
  page.receiveTicks(1, 5);
  page.client.setSpeed(8);
  page.client.pause(true);
  page.socket.onclose({ code: 1006 });
  page.now += 10_000;
  page.client.poll();
  assert.equal(page.socket.url, `ws://test/ws?replay=main&tick=${snapshots[4].tick}`);
  page.accept();
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'speed', quarters: 8 }), hexOfMessage({ kind: 'pause', paused: true })]);
});

test('a reconnection repeats a seek that was not answered', () => {
  const page = watching();
  page.client.seek(300);
  page.takeSent();
  page.socket.onclose({ code: 1006 });
  page.now += 10_000;
  page.client.poll();
  page.accept();
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'seek', tick: 300 })]);
});

test('at a high speed, acknowledgements stay within the limit on messages', () => {
  const page = watching();
  page.client.setSpeed(64);
  page.socket.sent = [];
  const times = 6_000;
  for (let count = 0; count < times; count += 1) {
    page.receiveTicks(0, 1, 0.1);
  }
  const bytes = (times * snapshots[0].bytes.length) / 2;
  const acknowledgements = page.socket.sent.filter((hex) => hex.startsWith('02')).length;
  const expected = Math.floor(bytes / (16 * 8192));
  assert.ok(expected > 1 && Math.abs(acknowledgements - expected) <= 1, `${acknowledgements} for ${bytes} bytes`);
});
