// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Connection, Controls, arena, coastAll, setEntityControls } from '../../web/netcode/index.js';
import { Reader } from '../../web/netcode/bytes.js';
import { Timeline } from './room.mjs';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const TICK_MS = 1000 / 30;
const SHIP = 0;
const TOKEN = '01'.repeat(16);
const [HELLO, INPUT, PING] = [0, 1, 4];

/** One connection to the server: delivers messages in order, after a delay. */
class Line {
  newestAt = { up: 0, down: 0 };
  stalledUntil = 0;

  /** @param {Server} server @param {number} delayMs one way */
  constructor(server, delayMs) {
    this.server = server;
    this.delayMs = delayMs;
    this.isLost = false;
    this.hasJoined = false;
    /** @type {any} */
    this.socket = {
      readyState: 1,
      send: (/** @type {Uint8Array} */ bytes) => this.deliver('up', () => server.receive(this, bytes)),
      close: (/** @type {number | undefined} */ code) => void (this.closedWith = code ?? 1005),
    };
    /** @type {number | undefined} */
    this.closedWith = undefined;
  }

  /** @param {'up' | 'down'} direction @param {() => void} arrive */
  deliver(direction, arrive) {
    const { now } = this.server.timeline;
    const at = Math.max(now + this.delayMs, this.stalledUntil, this.newestAt[direction]);
    this.newestAt[direction] = at;
    this.server.timeline.at(at, () => {
      if (!this.isLost && this.closedWith === undefined) arrive();
    });
  }

  /** @param {any} message */
  send(message) {
    this.server.messages.push(message);
    const data = new Uint32Array([this.server.messages.length - 1]).buffer;
    this.deliver('down', () => this.socket.onmessage?.({ data }));
  }

  /** @param {number} code */
  end(code) {
    this.deliver('down', () => this.socket.onclose?.({ code }));
  }
}

/** A room with one ship, whose player may change the connection. It follows PROTOCOL.md. */
class Server {
  timeline = new Timeline();
  /** @type {any[]} messages by number, which is what a line transmits */ messages = [];
  tick = 99;
  world = new Map([[SHIP, shipAt(2048, 2048)]]);
  /** The controls of the ship in each tick. @type {number[]} */ held = [];
  /** @type {any} the Welcome for a token */ resumedSeat = { player: SHIP, token: '02'.repeat(16), resumed: true };
  /** @type {{stamp: number, due: number, margin: number, bits: number}[]} */ buffered = [];
  /** Ticks applied by the client. @type {number[]} */ ticks = [];
  needsFull = true;
  /** The stamp of the first input on this connection. @type {number | null} */ firstStamp = null;

  /** @param {number} delayMs one way, of the first connection */
  constructor(delayMs) {
    this.line = new Line(this, delayMs);
    this.connection = new Connection({
      url: 'ws://test/ws',
      role: { kind: 'player', name: 'Ada' },
      viewport: { width: 1600, height: 900 },
      openSocket: () => this.line.socket,
      now: () => this.timeline.now,
      game: { ...arena, decodeServer: (data) => this.messages[new Uint32Array(data)[0]] },
      onSnapshot: ({ tick }) => void this.ticks.push(tick),
    });
    this.connection.open();
    this.line.socket.onopen({});
    this.timeline.every(TICK_MS, () => this.step());
  }

  /** Opens a second connection. @param {number} delayMs */
  moveOver(delayMs) {
    const line = new Line(this, delayMs);
    const result = this.connection.moveTo(() => line.socket, TOKEN);
    this.timeline.at(this.timeline.now + 2 * delayMs, () => line.socket.onopen?.({}));
    return { line, result };
  }

  /** @param {Line} line @param {Uint8Array} bytes */
  receive(line, bytes) {
    const reader = new Reader(bytes);
    const kind = reader.byte();
    if (kind === PING) line.send({ kind: 'pong', number: reader.u32() });
    if (kind === HELLO) {
      const isFirst = line === this.line;
      line.hasJoined = true;
      line.send({ ...welcomeOf(SHIP), ...(isFirst ? {} : { seat: this.resumedSeat }) });
      if (!isFirst) [this.firstStamp, this.line] = [null, line];
      this.needsFull = true;
    }
    if (kind === INPUT) this.receiveInput(line, reader);
  }

  /** @param {Line} line @param {Reader} reader */
  receiveInput(line, reader) {
    const stamp = reader.u32();
    reader.u32();
    const input = { stamp, due: Math.max(stamp, this.tick + 1), margin: stamp - (this.tick + 1), bits: reader.fixed16() };
    if (line === this.line) {
      this.firstStamp ??= stamp;
      this.buffered.push({ ...input, due: Math.max(input.due, this.buffered.at(-1)?.due ?? 0) });
    } else if (this.firstStamp === null || input.due < this.firstStamp) {
      this.buffered.splice(this.buffered.findLastIndex(({ due }) => due <= input.due) + 1, 0, input);
    }
  }

  step() {
    this.tick += 1;
    const due = this.buffered.filter((input) => input.due <= this.tick).at(-1);
    this.buffered = this.buffered.filter((input) => input.due > this.tick);
    const ship = this.world.get(SHIP);
    const controls = due && /** @type {any} */ (Controls.fromBits(due.bits));
    if (controls) setEntityControls(ship, controls);
    this.held.push(Controls.toBits(ship.controls));
    coastAll(welcomeOf(SHIP).rules, this.world);
    if (!this.line.hasJoined) return;
    const report = due ? { stamp: due.stamp & 0xff, margin: due.margin } : null;
    const snapshot = this.needsFull
      ? snapshotOf({ full: this.tick, changes: [change.upsert(SHIP, structuredClone(ship))] })
      : snapshotOf({ changes: controls ? [change.controls(SHIP, controls)] : [] });
    this.line.send({ ...snapshot, header: { ...snapshot.header, report } });
    this.needsFull = false;
  }

  /** Steers for some time, in a way that depends only on the time. @param {number} forMs */
  fly(forMs) {
    const until = this.timeline.now + forMs;
    for (let now = this.timeline.now; now < until; now += 10) {
      this.timeline.run(now);
      const thrust = Math.floor(now / 70) % 2 === 0;
      this.connection.setControls({ ...Controls.NONE, thrust, aim: Math.floor(now / 50) % 256 * 256 });
    }
  }
}

/** A server whose player has flown for two seconds. */
function flying(delayMs = 40) {
  const server = new Server(delayMs);
  server.fly(2000);
  assert.equal(server.connection.state, 'playing');
  return server;
}

/** @param {Server} server */
function assertAllTicks({ ticks, connection }) {
  assert.deepEqual(ticks, ticks.map((_, index) => ticks[0] + index), 'no tick is lost or repeated');
  assert.equal(connection.statistics.lostTicks, 0);
}

/** @param {Server} server */
function assertUninterrupted(server) {
  assertAllTicks(server);
  const { corrections, lateInputs, errors } = server.connection.statistics;
  assert.deepEqual({ corrections, lateInputs, errors }, { corrections: 0, lateInputs: 0, errors: 0 });
}

test('a session moves to another socket without a lost tick, a lost input or a correction', async () => {
  const [moving, staying] = [flying(), flying()];
  const { line, result } = moving.moveOver(40);
  moving.fly(700);
  staying.fly(700);
  assert.equal(await result, true);
  assert.equal(moving.line, line);
  assert.deepEqual(moving.connection.welcome?.seat, moving.resumedSeat);
  assert.equal(line.socket.readyState, 1);
  assertUninterrupted(moving);
  assert.deepEqual(moving.held, staying.held, 'the ship is steered as if the session had not moved');
});

test('inputs that are on the way on a slower socket are not lost', async () => {
  for (let phaseMs = 10; phaseMs <= 80; phaseMs += 10) {
    const server = flying(80);
    server.fly(phaseMs);
    const { result } = server.moveOver(10);
    server.fly(700);
    assert.equal(await result, true);
    assertUninterrupted(server);
  }
});

test('no tick is lost if the second socket is slower', async () => {
  const server = flying();
  const { result } = server.moveOver(90);
  server.fly(700);
  assert.equal(await result, true);
  assertAllTicks(server);
});

test('while the first socket is stalled, the second one waits', async () => {
  const server = flying();
  const { result } = server.moveOver(40);
  server.timeline.run(server.timeline.now + 100);
  server.line.stalledUntil = server.timeline.now + 300;
  server.fly(1000);
  assert.equal(await result, true);
  assertAllTicks(server);
});

test('if the first socket is dead, the second one continues with a full snapshot', async () => {
  const server = flying();
  server.line.isLost = true;
  server.fly(600);
  const { result } = server.moveOver(40);
  server.fly(600);
  assert.equal(await result, true);
  assert.ok(server.connection.statistics.lostTicks > 10);
  assert.ok(server.tick - (server.connection.replica?.tick ?? 0) < 5, 'the replica is up to date');
});

test('a session does not move to another seat', async () => {
  const server = flying();
  server.resumedSeat = { player: 7, token: TOKEN, resumed: false };
  const first = server.line;
  const { line, result } = server.moveOver(40);
  server.timeline.run(server.timeline.now + 300);
  assert.equal(await result, false);
  assert.deepEqual([line.closedWith, first.closedWith], [1000, undefined]);
});

test('a session whose second socket cannot be opened stays where it is', async () => {
  for (const fail of [(/** @type {Line} */ line) => line.end(1006), () => {}]) {
    const server = flying();
    const line = new Line(server, 40);
    const result = server.connection.moveTo(() => line.socket, TOKEN);
    assert.equal(await server.connection.moveTo(() => line.socket, TOKEN), false, 'only one at a time');
    fail(line);
    server.fly(8100);
    assert.equal(await result, false);
    assertUninterrupted(server);
  }
});

test('if the second socket is lost after it has got the seat, the connection is lost', async () => {
  const server = flying();
  server.line.stalledUntil = server.timeline.now + 400;
  const { line, result } = server.moveOver(10);
  server.timeline.run(server.timeline.now + 60);
  line.end(1006);
  server.timeline.run(server.timeline.now + 60);
  assert.equal(await result, false);
  assert.equal(server.connection.state, 'closed');
});

test('a player who leaves during the move closes both sockets', async () => {
  const server = flying();
  const { line, result } = server.moveOver(40);
  const first = server.line;
  server.connection.close();
  assert.equal(await result, false);
  assert.deepEqual([first.closedWith, line.closedWith], [1000, 1000]);
});
