// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, Controls, SUBPROTOCOL, decodeServer, encodeClient } from '../../web/netcode/index.js';
import { Uplink } from '../../web/netcode/uplink.js';
import { bytesOf, golden, hexOf } from './golden.mjs';

const { welcome, snapshots } = golden('replica.json').streams[0];
const faulty = golden('replica.json').streams[1].snapshots;
const THRUST = { ...Controls.NONE, thrust: true };
const TICK_MS = 1000 / 30;
/** The lead before the first measurement, in ticks. */
const LEAD_INITIAL = 5;

/** A connection whose clock and socket are controlled by the test. */
class Page {
  now = 1000;
  /** @type {string[]} */ log = [];
  /** @type {string[]} */ sent = [];
  /** @type {number[]} */ closed = [];
  /** @type {import('../../web/netcode/connection_options.js').SnapshotInfo[]} */ snapshots = [];
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
      onState: (state, reason) => this.log.push(reason ? `${state}: ${reason.text}` : state),
      onWelcome: ({ room }) => this.log.push(`welcome to ${room}`),
      onSnapshot: (_, info) => void this.snapshots.push(info),
      onError: (error) => this.log.push(`${error.name} ${/** @type {any} */ (error).kind}`),
    });
  }

  /** @param {string} hex */
  receive(hex) {
    this.socket.onmessage({ data: bytesOf(hex).buffer });
  }

  /** Receives the next ticks of the golden stream. */
  receiveTicks(ticks = 1) {
    for (let tick = 0; tick < ticks; tick += 1) {
      this.now += TICK_MS;
      this.receive(snapshots[this.next].bytes);
      this.next += 1;
    }
  }

  /** The messages sent since the last call, except pings. @returns {string[]} */
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
  page.receiveTicks();
  return page;
}

/** @typedef {import('../../web/netcode/codec.js').SnapshotHeader} Header */
const headerOf = (/** @type {any} */ step) => /** @type {any} */ (decodeServer(bytesOf(step.bytes))).header;
const isAcknowledge = (/** @type {string} */ hex) => hex.startsWith('02');
/** The low byte of an input's stamp. A stamp is encoded as `fc` and four bytes, the low byte first. */
const stampByteOf = (/** @type {string} */ input) => input.slice(4, 6);
const hexOfMessage = (/** @type {any} */ message) => hexOf(encodeClient(message));

test('a connection joins and plays', () => {
  const page = playing();
  assert.deepEqual(page.log, [`ws://test/ws ${SUBPROTOCOL}`, 'connecting', 'joining', 'welcome to golden', 'playing']);
  assert.equal(page.socket.binaryType, 'arraybuffer');
  const hello = { kind: 'hello', role: { kind: 'player', name: 'Ada' }, viewport: { width: 1600, height: 900 } };
  assert.equal(page.sent[0], hexOfMessage(hello));
  assert.equal(page.connection.replica?.tick, snapshots[0].tick);
  assert.equal(page.connection.statistics.fullSnapshots, 1);
});

test('controls are sent when they change, and once a second', () => {
  const page = playing();
  page.takeSent();
  const tick = snapshots[0].tick;
  page.connection.setControls(THRUST);
  page.connection.setControls(THRUST);
  const stamp = tick + LEAD_INITIAL;
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'input', tick: stamp, acknowledged: tick, controls: THRUST })]);
  page.receiveTicks(29);
  assert.ok(page.takeSent().every(isAcknowledge));
  page.receiveTicks(5);
  assert.deepEqual(page.takeSent().map((hex) => hex.slice(0, 2)), ['01']);
});

test('an acknowledgement follows changed controls in each of three ticks, until the server has reported them', () => {
  const page = playing();
  page.takeSent();
  const perTick = () => [1, 2, 3, 4, 5].map(() => {
    page.now += TICK_MS;
    page.connection.poll();
    page.connection.poll();
    return page.takeSent().length;
  });
  page.connection.setControls(THRUST);
  assert.ok(!isAcknowledge(page.takeSent()[0]));
  assert.deepEqual(perTick(), [1, 1, 1, 0, 0], 'also while nothing arrives');
  page.connection.setControls(Controls.NONE);
  const [input] = page.takeSent();
  page.receive(`42${stampByteOf(input)}00`);
  assert.deepEqual(perTick(), [0, 0, 0, 0, 0]);
});

test('the first snapshot on each connection is acknowledged at once', () => {
  const uplink = new Uplink({ width: 1600, height: 900 });
  const { localPlayer } = playing().connection;
  assert.ok(localPlayer);
  for (const now of [10, 100]) {
    uplink.handleWelcome();
    assert.deepEqual(uplink.pollAcknowledgement(now, localPlayer, now), { kind: 'acknowledge', tick: now });
    assert.equal(uplink.pollAcknowledgement(now + 1, localPlayer, now + 1), null);
  }
});

test('a tick has one input, but key presses are sent at once', () => {
  const page = playing();
  page.takeSent();
  const aimed = (/** @type {number} */ aim) => ({ ...THRUST, steering: /** @type {const} */ ('towards'), aim });
  page.connection.setControls(aimed(100));
  page.connection.setControls(aimed(104));
  assert.equal(page.takeSent().length, 1, 'the tick already has its input');
  page.connection.setControls({ ...aimed(108), fire: true });
  assert.equal(page.takeSent().length, 1);
  page.now += TICK_MS;
  page.connection.setControls({ ...aimed(112), fire: true });
  assert.equal(page.takeSent().length, 1, 'the next tick');
});

test('a spectator sends only acknowledgements', () => {
  const page = new Page({ kind: 'spectator' });
  page.connection.open();
  page.socket.onopen({});
  page.receive(welcome.replace(/^000100.{34}/, '0000'));
  page.receiveTicks();
  page.takeSent();
  page.connection.setControls(THRUST);
  page.receiveTicks(32);
  const sent = page.takeSent();
  assert.ok(sent.length >= 1 && sent.every((hex) => hex.startsWith('02')), `${sent}`);
  assert.equal(page.connection.sampleLocal(page.now).avatar, null);
});

test('inputs continue with advancing stamps while the server sends nothing', () => {
  const page = playing();
  page.connection.setControls(THRUST);
  page.takeSent();
  page.now += 1000;
  page.connection.poll();
  const { tick } = snapshots[0];
  const later = { kind: 'input', tick: tick + 30 + LEAD_INITIAL, acknowledged: tick, controls: THRUST };
  assert.deepEqual(page.takeSent(), [hexOfMessage(later)]);
});

test('the round-trip time is measured', () => {
  const page = new Page();
  page.connection.open();
  page.socket.onopen({});
  assert.ok(page.sent.includes(hexOfMessage({ kind: 'ping', number: 1 })));
  page.now += 80;
  page.receive('0101');
  assert.equal(page.connection.rttMs, 80);
  page.receive('0101');
  assert.equal(page.connection.rttMs, 80, 'a duplicate pong is ignored');
  page.receive(welcome);
  assert.ok((page.connection.localPlayer?.lead.target ?? 0) >= (80 / 1000) * 30, 'the lead starts from the round-trip time');
});

test('after a desync a resync is requested once, and the game continues', () => {
  const page = playing();
  page.receiveTicks(3);
  page.takeSent();
  const broken = faulty.find((/** @type {any} */ step) => step.error?.kind === 'unknownEntity');
  page.receive(broken.bytes);
  page.receiveTicks(5);
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'resync' })]);
  assert.equal(page.connection.state, 'playing');
  page.now += 1000;
  page.receiveTicks();
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'resync' })], 'the request is repeated');
  page.receive(snapshots[0].bytes);
  assert.equal(page.connection.replica?.tick, snapshots[0].tick);
  assert.deepEqual(page.log.slice(-2), ['playing', 'ReplicaError unknownEntity']);
});

test('checksums, resyncs and late inputs are counted', () => {
  const page = playing();
  page.receiveTicks(100);
  const headers = snapshots.slice(0, 101).map(headerOf);
  const checksums = headers.filter((/** @type {Header} */ { checksum }) => checksum !== null).length;
  const lateInputs = headers.filter((/** @type {Header} */ { report }) => (report?.margin ?? 0) < 0).length;
  const { statistics } = page.connection;
  assert.ok(checksums > 0);
  assert.deepEqual([statistics.checksums, statistics.resyncs, statistics.lateInputs], [checksums, 0, lateInputs]);
  page.receive(faulty.find((/** @type {any} */ step) => step.error?.kind === 'desync').bytes);
  page.now += 1000;
  page.connection.poll();
  assert.deepEqual([statistics.checksums, statistics.resyncs], [checksums, 1], 'a repeated request counts as one resync');
});

test('breakdowns are measured while they are enabled', () => {
  const page = playing();
  page.receiveTicks();
  assert.equal(page.snapshots.at(-1)?.breakdown, null);
  page.connection.breakdownEnabled = true;
  page.receiveTicks(20);
  const measured = page.snapshots.slice(-20);
  measured.forEach(({ bytes, breakdown }) => assert.deepEqual([breakdown?.snapshots, breakdown?.bytes], [1, bytes]));
  assert.equal(page.snapshots.reduce((sum, { bytes }) => sum + bytes, 0), page.connection.statistics.snapshotBytes);
});

test('an invalid message closes the connection', () => {
  for (const hex of ['ff', '40', '00010006676f6c64656e0080000008', '']) {
    const page = new Page();
    page.connection.open();
    page.socket.onopen({});
    page.receive(hex);
    assert.deepEqual(page.log.slice(-2), ['DecodeError malformed', 'closed: invalid message'], hex);
    assert.deepEqual(page.closed, [4002]);
    page.receive(welcome);
    assert.equal(page.connection.welcome, null);
  }
});

test('a text message or a second welcome closes the connection', () => {
  const page = playing();
  page.socket.onmessage({ data: 'hello' });
  assert.equal(page.connection.state, 'closed');
  const other = playing();
  other.receive(welcome);
  assert.equal(other.connection.state, 'closed');
});

test('a close by the server is reported once, with its reason', () => {
  const page = playing();
  page.socket.onclose({ code: 1012 });
  page.socket.onclose({ code: 1006 });
  page.connection.close();
  assert.deepEqual(page.log.slice(-2), ['playing', 'closed: the server is shutting down']);
  assert.deepEqual(page.closed, []);
});

test('nothing is sent on a closing socket', () => {
  const page = playing();
  page.takeSent();
  page.socket.readyState = 2;
  page.connection.setControls(THRUST);
  page.receiveTicks(40);
  page.now += 5000;
  page.connection.poll();
  assert.deepEqual(page.takeSent(), []);
});

test('close() closes the socket with 1000 and sends nothing more', () => {
  const page = playing();
  page.takeSent();
  page.connection.close();
  page.connection.setControls(THRUST);
  page.socket.onclose({ code: 1006 });
  assert.deepEqual(page.closed, [1000]);
  assert.deepEqual(page.takeSent(), []);
  assert.deepEqual(page.log.slice(-1), ['closed: the client left']);
});

test('only a changed viewport is sent', () => {
  const page = playing();
  page.takeSent();
  page.connection.setViewport({ width: 1600, height: 900 });
  page.connection.setViewport({ width: 800, height: 600 });
  assert.deepEqual(page.takeSent(), [hexOfMessage({ kind: 'viewport', viewport: { width: 800, height: 600 } })]);
});

test('a viewport that changes every frame is sent four times a second, and finally its last size', () => {
  const page = playing();
  page.takeSent();
  const viewports = () => page.takeSent().filter((hex) => hex.startsWith('03'));
  for (let width = 801; width <= 920; width += 1) {
    page.now += 1000 / 120;
    page.connection.setViewport({ width, height: 600 });
  }
  const count = viewports().length;
  assert.ok(count === 4 || count === 5, `${count} in a second`);
  page.now += 250;
  page.connection.poll();
  assert.deepEqual(viewports(), [hexOfMessage({ kind: 'viewport', viewport: { width: 920, height: 600 } })]);
});

test('a viewport change before the welcome is sent after it', () => {
  const page = new Page();
  page.connection.open();
  page.socket.onopen({});
  page.takeSent();
  page.connection.setViewport({ width: 800, height: 600 });
  assert.deepEqual(page.takeSent(), []);
  page.receive(welcome);
  page.receiveTicks();
  page.connection.poll();
  const viewport = hexOfMessage({ kind: 'viewport', viewport: { width: 800, height: 600 } });
  assert.deepEqual(page.takeSent().filter((hex) => hex.startsWith('03')), [viewport]);
});

test('local entities are predicted and not part of the remote ones', () => {
  const page = playing();
  page.receiveTicks(60);
  const local = page.connection.sampleLocal(page.now);
  const remote = page.connection.sampleRemote(page.now);
  const all = page.connection.interpolation?.sample(page.now) ?? new Map();
  assert.ok(remote.size > 0 && !remote.has(0));
  assert.equal(local.avatar !== null, page.connection.replica?.entities.has(0));
  assert.ok(all.size >= remote.size);
});

test('with all techniques off, entities are drawn as in the newest snapshot', () => {
  const page = playing();
  page.receiveTicks(60);
  page.connection.techniques = { prediction: false, reconciliation: false, interpolation: false };
  const drawn = new Map([...page.connection.sampleRemote(page.now), ...page.connection.sampleLocal(page.now).entities]);
  const { entities } = page.connection.replica ?? { entities: new Map() };
  assert.equal(drawn.size, entities.size);
  drawn.forEach(({ x, entity }, id) => {
    assert.deepEqual(entity, entities.get(id));
    assert.equal(x, entity.x / 64);
  });
});
