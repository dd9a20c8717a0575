// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, Controls, SUBPROTOCOL, decodeServer, encodeClient } from '../../web/netcode/index.js';
import { bytesOf, golden, hexOf } from './golden.mjs';

const { welcome, snapshots } = golden('replica.json').streams[0];
const faulty = golden('replica.json').streams[1].snapshots;
const THRUST = { ...Controls.NONE, thrust: true };
const TICK_MS = 1000 / 30;
/** Before anything is known of the way. */
const LEAD_AT_FIRST = 5;

/** A page with a connection whose other end the test holds. */
class Page {
  now = 1000;
  /** @type {string[]} */ log = [];
  /** @type {string[]} */ sent = [];
  /** @type {number[]} */ closed = [];
  /** @type {import('../../web/netcode/connection.js').Received[]} */ received = [];
  next = 0;

  /** @param {any} [role] */
  constructor(role = { kind: 'player', name: 'Ada' }) {
    this.socket = {
      binaryType: 'blob',
      readyState: 1,
      onopen: /** @type {any} */ (null),
      onmessage: /** @type {any} */ (null),
      onclose: /** @type {any} */ (null),
      send: (/** @type {Uint8Array} */ bytes) => void this.sent.push(hexOf(bytes)),
      close: (/** @type {number | undefined} */ code) => void this.closed.push(code ?? NaN),
    };
    this.connection = new Connection({
      url: 'ws://test/ws',
      role,
      viewport: { width: 1600, height: 900 },
      openSocket: (url, protocol) => {
        this.log.push(`${url} ${protocol}`);
        return this.socket;
      },
      now: () => this.now,
      onState: (state, closing) => this.log.push(closing ? `${state}: ${closing.text}` : state),
      onWelcome: ({ room }) => this.log.push(`welcome to ${room}`),
      onSnapshot: (_, received) => void this.received.push(received),
      onRefusal: (error) => this.log.push(`${error.name} ${/** @type {any} */ (error).kind}`),
    });
  }

  /** @param {string} hex */
  receive(hex) {
    this.socket.onmessage({ data: bytesOf(hex).buffer });
  }

  /** The next ticks of the golden stream arrive. */
  hear(ticks = 1) {
    for (let tick = 0; tick < ticks; tick += 1) {
      this.now += TICK_MS;
      this.receive(snapshots[this.next].bytes);
      this.next += 1;
    }
  }

  /** What was sent since the last call, without pings. @returns {string[]} */
  takeSent() {
    const sent = this.sent.filter((hex) => !hex.startsWith('04'));
    this.sent = [];
    return sent;
  }
}

/** @param {any} [role] */
function playing(role) {
  const page = new Page(role);
  page.connection.open();
  page.socket.onopen({});
  page.receive(welcome);
  page.hear();
  return page;
}

/** @typedef {import('../../web/netcode/codec.js').SnapshotHeader} Header */
const headerOf = (/** @type {any} */ step) => /** @type {any} */ (decodeServer(bytesOf(step.bytes))).header;
const hexOfMessage = (/** @type {any} */ message) => hexOf(encodeClient(message));

test('a connection joins and plays', () => {
  const page = playing();
  assert.deepEqual(page.log, [`ws://test/ws ${SUBPROTOCOL}`, 'connecting', 'joining', 'welcome to golden', 'playing']);
  assert.equal(page.socket.binaryType, 'arraybuffer');
  const hello = { kind: 'hello', role: { kind: 'player', name: 'Ada' }, viewport: { width: 1600, height: 900 } };
  assert.equal(page.sent[0], hexOfMessage(hello));
  assert.equal(page.connection.replica?.tick, snapshots[0].tick);
  assert.equal(page.connection.statistics.resets, 1);
});

test('controls are sent when they change, and once a second', () => {
  const page = playing();
  page.takeSent();
  const tick = snapshots[0].tick;
  page.connection.hold(THRUST);
  page.connection.hold(THRUST);
  const stamp = tick + LEAD_AT_FIRST;
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'input', tick: stamp, acknowledged: tick, controls: THRUST })]);
  page.hear(29);
  assert.deepEqual(page.takeSent(), []);
  page.hear(2);
  assert.equal(page.takeSent().length, 1);
});

test('a tick has one input, but what is pressed after it is sent at once', () => {
  const page = playing();
  page.takeSent();
  const aimed = (/** @type {number} */ aim) => ({ ...THRUST, steering: /** @type {const} */ ('towards'), aim });
  page.connection.hold(aimed(100));
  page.connection.hold(aimed(104));
  assert.equal(page.takeSent().length, 1, 'the tick has its input');
  page.connection.hold({ ...aimed(108), fire: true });
  assert.equal(page.takeSent().length, 1);
  page.now += TICK_MS;
  page.connection.hold({ ...aimed(112), fire: true });
  assert.equal(page.takeSent().length, 1, 'another tick');
});

test('a spectator only acknowledges', () => {
  const page = new Page({ kind: 'spectator' });
  page.connection.open();
  page.socket.onopen({});
  page.receive(welcome.replace(/^000100.{34}/, '0000'));
  page.hear();
  page.takeSent();
  page.connection.hold(THRUST);
  page.hear(32);
  const sent = page.takeSent();
  assert.ok(sent.length >= 1 && sent.every((hex) => hex.startsWith('02')), `${sent}`);
  assert.equal(page.connection.sampleOwn(page.now).ship, null);
});

test('a server that stops sending still hears from us, for ever later ticks', () => {
  const page = playing();
  page.connection.hold(THRUST);
  page.takeSent();
  page.now += 1000;
  page.connection.poll();
  const { tick } = snapshots[0];
  const later = { kind: 'input', tick: tick + 30 + LEAD_AT_FIRST, acknowledged: tick, controls: THRUST };
  assert.deepEqual(page.takeSent(), [hexOfMessage(later)]);
});

test('the round trip is measured', () => {
  const page = new Page();
  page.connection.open();
  page.socket.onopen({});
  assert.ok(page.sent.includes(hexOfMessage({ kind: 'ping', number: 1 })));
  page.now += 80;
  page.receive('0101');
  assert.equal(page.connection.rttMs, 80);
  page.receive('0101');
  assert.equal(page.connection.rttMs, 80, 'an answer counts once');
  page.receive(welcome);
  assert.ok((page.connection.own?.lead.wanted ?? 0) >= (80 / 1000) * 30, 'the lead begins with it');
});

test('after a desync everything is asked for anew, once, and the game goes on', () => {
  const page = playing();
  page.hear(3);
  page.takeSent();
  const broken = faulty.find((/** @type {any} */ step) => step.error?.kind === 'unknownEntity');
  page.receive(broken.bytes);
  page.hear(5);
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'recover' })]);
  assert.equal(page.connection.state, 'playing');
  page.now += 1000;
  page.hear();
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'recover' })], 'the question may have been lost');
  page.receive(snapshots[0].bytes);
  assert.equal(page.connection.replica?.tick, snapshots[0].tick);
  assert.deepEqual(page.log.slice(-2), ['playing', 'ReplicaError unknownEntity']);
});

test('checksums, recoveries and late inputs are counted', () => {
  const page = playing();
  page.hear(100);
  const headers = snapshots.slice(0, 101).map(headerOf);
  const checksums = headers.filter((/** @type {Header} */ { checksum }) => checksum !== null).length;
  const lateInputs = headers.filter((/** @type {Header} */ { report }) => (report?.margin ?? 0) < 0).length;
  const { statistics } = page.connection;
  assert.ok(checksums > 0);
  assert.deepEqual([statistics.checksums, statistics.recoveries, statistics.lateInputs], [checksums, 0, lateInputs]);
  page.receive(faulty.find((/** @type {any} */ step) => step.error?.kind === 'desync').bytes);
  page.now += 1000;
  page.connection.poll();
  assert.deepEqual([statistics.checksums, statistics.recoveries], [checksums, 1], 'asking twice is one recovery');
});

test('snapshots are taken apart while that is asked for', () => {
  const page = playing();
  page.hear();
  assert.equal(page.received.at(-1)?.breakdown, null);
  page.connection.dissects = true;
  page.hear(20);
  const taken = page.received.slice(-20);
  taken.forEach(({ bytes, breakdown }) => assert.deepEqual([breakdown?.snapshots, breakdown?.bytes], [1, bytes]));
  assert.equal(page.received.reduce((sum, { bytes }) => sum + bytes, 0), page.connection.statistics.snapshotBytes);
});

test('bytes that are no message end the connection', () => {
  for (const hex of ['ff', '40', '00010006676f6c64656e0080000008', '']) {
    const page = new Page();
    page.connection.open();
    page.socket.onopen({});
    page.receive(hex);
    assert.deepEqual(page.log.slice(-2), ['DecodeError malformed', 'closed: a message could not be understood'], hex);
    assert.deepEqual(page.closed, [4002]);
    page.receive(welcome);
    assert.equal(page.connection.welcome, null);
  }
});

test('a text message and a second welcome end the connection', () => {
  const page = playing();
  page.socket.onmessage({ data: 'hello' });
  assert.equal(page.connection.state, 'closed');
  const other = playing();
  other.receive(welcome);
  assert.equal(other.connection.state, 'closed');
});

test('a close of the server is told in words, once', () => {
  const page = playing();
  page.socket.onclose({ code: 1012 });
  page.socket.onclose({ code: 1006 });
  page.connection.close();
  assert.deepEqual(page.log.slice(-2), ['playing', 'closed: the server is shutting down']);
  assert.deepEqual(page.closed, []);
});

test('nothing is said on a socket that is closing', () => {
  const page = playing();
  page.takeSent();
  page.socket.readyState = 2;
  page.connection.hold(THRUST);
  page.hear(40);
  page.now += 5000;
  page.connection.poll();
  assert.deepEqual(page.takeSent(), []);
});

test('leaving closes with 1000 and says nothing more', () => {
  const page = playing();
  page.takeSent();
  page.connection.close();
  page.connection.hold(THRUST);
  page.socket.onclose({ code: 1006 });
  assert.deepEqual(page.closed, [1000]);
  assert.deepEqual(page.takeSent(), []);
  assert.deepEqual(page.log.slice(-1), ['closed: you left']);
});

test('a changed window is told, an unchanged one is not', () => {
  const page = playing();
  page.takeSent();
  page.connection.setViewport({ width: 1600, height: 900 });
  page.connection.setViewport({ width: 800, height: 600 });
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'viewport', viewport: { width: 800, height: 600 } })]);
});

test('a window that changes in every frame is told four times a second, and its last size at the end', () => {
  const page = playing();
  page.takeSent();
  const told = () => page.takeSent().filter((hex) => hex.startsWith('03'));
  for (let width = 801; width <= 920; width += 1) {
    page.now += 1000 / 120;
    page.connection.setViewport({ width, height: 600 });
  }
  const count = told().length;
  assert.ok(count === 4 || count === 5, `${count} in a second`);
  page.now += 250;
  page.connection.poll();
  assert.deepEqual(told(), [hexOfMessage({ kind: 'viewport', viewport: { width: 920, height: 600 } })]);
});

test('a window that changes before the welcome is told after it', () => {
  const page = new Page();
  page.connection.open();
  page.socket.onopen({});
  page.takeSent();
  page.connection.setViewport({ width: 800, height: 600 });
  assert.deepEqual(page.takeSent(), []);
  page.receive(welcome);
  page.hear();
  page.connection.poll();
  const viewport = hexOfMessage({ kind: 'viewport', viewport: { width: 800, height: 600 } });
  assert.deepEqual(page.takeSent().filter((hex) => hex.startsWith('03')), [viewport]);
});

test("one's own things are predicted and left out of the others", () => {
  const page = playing();
  page.hear(60);
  const own = page.connection.sampleOwn(page.now);
  const others = page.connection.sampleOthers(page.now);
  const everything = page.connection.interpolation?.sample(page.now) ?? new Map();
  assert.ok(others.size > 0 && !others.has(0));
  assert.equal(own.ship !== null, page.connection.replica?.entities.has(0));
  assert.ok(everything.size >= others.size);
});

test('with everything switched off, all is drawn where the newest snapshot has it', () => {
  const page = playing();
  page.hear(60);
  page.connection.techniques = { prediction: false, reconciliation: false, interpolation: false };
  const drawn = new Map([...page.connection.sampleOthers(page.now), ...page.connection.sampleOwn(page.now).entities]);
  const { entities } = page.connection.replica ?? { entities: new Map() };
  assert.equal(drawn.size, entities.size);
  drawn.forEach(({ x, entity }, id) => {
    assert.deepEqual(entity, entities.get(id));
    assert.equal(x, entity.x / 64);
  });
});
