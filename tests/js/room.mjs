// @ts-check
/** Simulates a room with one ship, and the network between the room and one client, in virtual time. */

import { Connection, Controls, coastAll, setEntityControls } from '../../web/netcode/index.js';
import { Reader, Writer } from '../../web/netcode/bytes.js';
import { Lcg, bytesOf, hexOf } from './golden.mjs';
import { shipAt, welcomeOf } from './world.mjs';

const TICK_MS = 1000 / 30;
const SHIP = 0;
const WELCOME = `000100${'00'.repeat(16)}000474657374${'1e'}0080${'1e'}fb001000`;
/** An upsert of the ship: at rest in the center of the world, heading 0. */
const SHIP_UPSERT = 'c010000002002000000000000000';
const INPUT = 1;

/** @typedef {import('../../web/netcode/codec.js').InputReport} InputReport */
/** @typedef {import('../../web/netcode/controls.js').ControlsValue} ControlsValue */

/** A virtual clock that runs scheduled events. */
export class Timeline {
  now = 0;
  /** @type {{at: number, run: () => void}[]} sorted by time */
  #events = [];

  /** @param {number} at @param {() => void} run */
  at(at, run) {
    const before = this.#events.findLastIndex((event) => event.at <= at);
    this.#events.splice(before + 1, 0, { at, run });
  }

  /** @param {number} intervalMs @param {() => void} run */
  every(intervalMs, run) {
    const repeat = (/** @type {number} */ count) => {
      this.at(count * intervalMs, () => {
        run();
        repeat(count + 1);
      });
    };
    repeat(Math.floor(this.now / intervalMs) + 1);
  }

  /** @param {number} until */
  run(until) {
    while ((this.#events[0]?.at ?? Infinity) <= until) {
      const { at, run } = /** @type {{at: number, run: () => void}} */ (this.#events.shift());
      this.now = at;
      run();
    }
    this.now = until;
  }
}

/** A server with one room and one client. It follows PROTOCOL.md. */
export class Room {
  tick = 99;
  /** @type {Map<number, any>} */
  world = new Map([[SHIP, shipAt(2048, 2048)]]);
  /** Number of bullets fired. */
  shots = 0;
  /** The controls of the ship in each tick. @type {ControlsValue[]} */
  held = [];
  /** Messages received, with the times of their arrival. @type {{at: number, kind: number}[]} */
  received = [];
  /** @type {{stamp: number, due: number, margin: number, bits: number}[]} */
  #buffered = [];
  /** Arrival time of the newest message, per direction. */
  #newestAt = { up: 0, down: 0 };
  #lcg = new Lcg(5);

  /**
   * @param {Timeline} timeline
   * @param {{delayMs: number, jitterMs: number}} line the network, for each direction
   * @param {import('../../web/netcode/game.js').Game} [game]
   */
  constructor(timeline, line, game) {
    this.timeline = timeline;
    this.line = line;
    /** @type {any} */
    this.socket = {
      binaryType: 'blob',
      readyState: 1,
      send: (/** @type {Uint8Array} */ bytes) => this.#deliver('up', () => this.#receive(bytes)),
      close: () => {},
    };
    this.connection = new Connection({
      url: 'ws://test/ws',
      role: { kind: 'player', name: 'Ada' },
      viewport: { width: 1600, height: 900 },
      openSocket: () => this.socket,
      now: () => timeline.now,
      game,
    });
  }

  /** Connects the client, and starts the ticks. */
  start() {
    this.connection.open();
    this.socket.onopen({});
    this.#send(WELCOME);
    this.timeline.every(TICK_MS, () => this.#step());
  }

  /** @param {'up' | 'down'} direction @param {() => void} arrive */
  #deliver(direction, arrive) {
    const { delayMs, jitterMs } = this.line;
    const at = this.timeline.now + delayMs + (this.#lcg.below(1001) / 500 - 1) * jitterMs;
    this.#newestAt[direction] = Math.max(this.#newestAt[direction], at);
    this.timeline.at(this.#newestAt[direction], arrive);
  }

  /** @param {string} hex */
  #send(hex) {
    this.#deliver('down', () => this.socket.onmessage({ data: bytesOf(hex).buffer }));
  }

  /** @param {Uint8Array} bytes */
  #receive(bytes) {
    const kind = bytes[0];
    this.received.push({ at: this.timeline.now, kind });
    if (kind === 4) {
      this.#send(`01${hexOf(bytes.slice(1))}`);
    }
    if (kind !== INPUT) {
      return;
    }
    const reader = new Reader(bytes);
    reader.byte();
    const stamp = reader.u32();
    reader.u32();
    const margin = stamp - (this.tick + 1);
    const due = Math.max(stamp, this.tick + 1, this.#buffered.at(-1)?.due ?? 0);
    this.#buffered.push({ stamp, due, margin, bits: reader.byte() | (reader.byte() << 8) });
  }

  #step() {
    this.tick += 1;
    const due = this.#buffered.filter((input) => input.due <= this.tick).at(-1);
    this.#buffered = this.#buffered.filter((input) => input.due > this.tick);
    const ship = this.world.get(SHIP);
    if (due !== undefined) {
      setEntityControls(ship, /** @type {ControlsValue} */ (Controls.fromBits(due.bits)));
    }
    this.held.push(ship.controls);
    this.shots += coastAll(welcomeOf(SHIP).rules, this.world).length;
    this.#send(this.tick === 100 ? fullSnapshot(this.tick) : deltaSnapshot(due));
  }
}

/** @param {number} tick */
function fullSnapshot(tick) {
  const writer = new Writer();
  writer.byte(0x65);
  writer.u32(tick);
  return `${hexOf(writer.finish())}00001f1f01${SHIP_UPSERT}`;
}

/** @param {{stamp: number, margin: number, bits: number} | undefined} input applied in this tick */
function deltaSnapshot(input) {
  if (input === undefined) {
    return '40';
  }
  const writer = new Writer();
  [0x62, input.stamp & 0xff, input.margin & 0xff, 1, 0].forEach((byte) => writer.byte(byte));
  writer.fixed16(input.bits);
  return hexOf(writer.finish());
}

