// @ts-check
/**
 * A connection to a room: all the parts, on a WebSocket that is given to it.
 *
 * ```text
 * idle ──open()──▶ connecting ──socket open──▶ joining ──first snapshot──▶ playing ──▶ closed
 *                                   Hello ▲         ▲ Welcome
 * ```
 */

import { Breakdown } from './breakdown.js';
import { DecodeError } from './bytes.js';
import { TickClock } from './clock.js';
import { closeReason } from './close.js';
import { SUBPROTOCOL, decodeServer, encodeClient } from './codec.js';
import { Controls } from './controls.js';
import { Interpolation } from './interpolation.js';
import { Own } from './own.js';
import { Replica, ReplicaError } from './replica.js';

/**
 * @typedef {import('./close.js').Closing} Closing
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./own.js').Expectation} Expectation
 * @typedef {import('./replica.js').Applied} Applied
 *
 * @typedef {object} Statistics what was counted since `open()`
 * @property {number} snapshots
 * @property {number} snapshotBytes
 * @property {number} resets
 * @property {number} refusals messages that made no sense, and snapshots that could not be applied
 * @property {number} recoveries how often the world was lost, and asked for anew
 * @property {number} checksums that were compared, and were right
 * @property {number} inputs
 * @property {number} lateInputs those of which the server said that they came too late for their tick
 * @property {number} corrections ticks in which one's own ship was not as predicted
 *
 * @typedef {object} Techniques what can be switched off, to see what it does
 * @property {boolean} prediction whether one's own ship is drawn ahead of the server, as its inputs will move it
 * @property {boolean} reconciliation whether what the server says of one's own ship counts
 * @property {boolean} interpolation whether the others are drawn between ticks, a little in the past
 *
 * @typedef {object} Received what is known of a snapshot beside what it says
 * @property {number} at when it came
 * @property {number} bytes how long it was
 * @property {Breakdown | null} breakdown what they were, if that was asked for
 * @property {InputReport | null} report what became of an input
 * @property {number} correction how far it put one's own ship right, in world units
 *
 * @typedef {'idle' | 'connecting' | 'joining' | 'playing' | 'closed'} ConnectionState
 *
 * @typedef {object} SocketLike what of a WebSocket is used
 * @property {string} binaryType
 * @property {number} readyState
 * @property {((event: any) => any) | null} onopen
 * @property {((event: any) => any) | null} onmessage which is given `{ data }`
 * @property {((event: any) => any) | null} onclose which is given `{ code }`
 * @property {(bytes: Uint8Array) => void} send
 * @property {(code?: number, reason?: string) => void} close
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {Role} role
 * @property {Viewport} viewport
 * @property {string | null} [resume] the newest token of the seat that was lost
 * @property {string | null} [ticket]
 * @property {(url: string, protocol: string) => SocketLike} openSocket
 * @property {() => number} now milliseconds of a clock that does not go back
 * @property {Techniques} [techniques] what is switched on: all, unless it says otherwise; it may be changed at any time
 * @property {(state: ConnectionState, closing: Closing | null) => void} [onState]
 * @property {(welcome: Welcome) => void} [onWelcome]
 * @property {(applied: Applied, received: Received) => void} [onSnapshot]
 * @property {(reconnectAfterMs: number) => void} [onDrain] the server is about to close
 * @property {(error: Error) => void} [onRefusal]
 */

/** What is expected before the welcome. @type {Expectation} */
const NOTHING_EXPECTED = Object.freeze({ drawn: new Map(), ship: undefined });
/** The `readyState` of a WebSocket that takes messages. */
const OPEN = 1;
/** How long it may take until the first snapshot. */
const OPENING_MS_MAX = 10_000;
/** Snapshots come every tick: who hears nothing for so long has lost the connection, whatever the socket believes. */
const UNHEARD_MS_MAX = 5_000;
/** The longest that nothing is sent: an input, or the newest tick where there are no controls. */
const SILENCE_MS_MAX = 1000;
/** The most bytes that are received without the server being told which tick they reached. */
const UNACKNOWLEDGED_BYTES_MAX = 8 * 1024;
/** The server lets a new viewport take effect no more often. */
const VIEWPORT_INTERVAL_MS = 250;
/** How often the round trip is measured: often while the lead is not known yet. */
const PING_INTERVAL_MS = 1000;
const FIRST_PING_INTERVAL_MS = 250;
const FIRST_PINGS = 8;
/** A lost answer is not waited for longer than this many others. */
const PINGS_MAX = 8;
/** How much of a new round trip goes into the smoothed one. */
const RTT_GAIN = 0.2;
/** How long a reset is waited for until it is asked for again. */
const RECOVER_INTERVAL_MS = 1000;

/** One player, or one spectator, in one room. */
export class Connection {
  #options;
  /** @type {SocketLike | null} */
  #socket = null;
  /** @type {ControlsValue | null} what the player holds */
  #held = null;
  /** @type {{stamp: number, controls: ControlsValue} | null} */
  #sent = null;
  #viewport;
  /** The viewport that the server knows. */
  #toldViewport;
  #toldViewportAt = -Infinity;
  #spokeAt = 0;
  /** When it was opened, or anything came last. */
  #arrivedAt = 0;
  #unacknowledgedBytes = 0;
  /** @type {Map<number, number>} when each ping was sent */
  #pings = new Map();
  #pingNumber = 0;
  #pingedAt = -Infinity;
  /** @type {number | null} */
  #recoveringSince = null;
  /** @type {number | null} the first round trip comes before the welcome */
  #firstRoundTripMs = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#viewport = options.viewport;
    this.#toldViewport = options.viewport;
    /** @type {ConnectionState} */
    this.state = 'idle';
    /** @type {Welcome | null} */
    this.welcome = null;
    /** @type {Replica | null} */
    this.replica = null;
    /** @type {TickClock | null} */
    this.clock = null;
    /** @type {Own | null} */
    this.own = null;
    /** @type {Interpolation | null} */
    this.interpolation = null;
    /** @type {number | null} */
    this.rttMs = null;
    /** Whether every snapshot is taken apart. That costs time, so that it is asked for. */
    this.dissects = false;
    this.statistics = nothingCounted();
    this.techniques = options.techniques ?? allTechniques();
  }

  /** Opens the socket. Once. */
  open() {
    if (this.state !== 'idle') {
      throw new Error('a connection is opened once');
    }
    const socket = this.#options.openSocket(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#arrivedAt = this.#options.now();
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#handleOpen();
    socket.onmessage = ({ data }) => this.#handleMessage(data);
    socket.onclose = ({ code }) => this.#handleClose(code);
    this.#become('connecting');
  }

  /** Leaves. */
  close() {
    this.#leave(closeReason(1000));
  }

  /** What the player holds from now on. Call it every frame: it sends what is new. @param {ControlsValue} controls */
  hold(controls) {
    this.#held = controls;
    this.poll();
  }

  /** The window shows another number of world units. @param {Viewport} viewport */
  setViewport(viewport) {
    this.#viewport = viewport;
    this.poll();
  }

  /** Does what time demands: inputs, acknowledgements, viewports, pings. */
  poll() {
    const now = this.#options.now();
    this.#pollLoss(now);
    if (this.state !== 'joining' && this.state !== 'playing') {
      return;
    }
    this.#pollPing(now);
    this.#pollRecovery(now);
    if (this.state === 'playing') {
      this.#pollInput(now);
      this.#pollAcknowledgement(now);
      this.#pollViewport(now);
    }
  }

  /**
   * One's own ship and bullets, predicted.
   * @param {number} now
   * @returns {{ship: Drawable | null, entities: Map<number, Drawable>}}
   */
  sampleOwn(now) {
    const { own } = this;
    if (own === null) {
      return { ship: null, entities: new Map() };
    }
    const entities = this.techniques.prediction ? own.sample(now) : this.#sampleDrawn(now, (id) => own.has(id));
    return { ship: entities.get(own.avatar ?? -1) ?? null, entities };
  }

  /** @param {number} now @returns {Map<number, Drawable>} everything but one's own, a little in the past */
  sampleOthers(now) {
    return this.#sampleDrawn(now, (id) => !this.own?.has(id));
  }

  /** @param {number} now @returns {Drawable | null} one's own ship where the server says that it was: as others see it */
  sampleGhost(now) {
    return this.interpolation?.sample(now).get(this.own?.avatar ?? -1) ?? null;
  }

  /** @param {number} now @returns {Applied[]} every tick that `sampleOthers` has reached since the last call */
  takeDue(now) {
    return this.interpolation?.takeDue(now) ?? [];
  }

  /** @param {number} now @param {(id: number) => boolean} isWanted @returns {Map<number, Drawable>} */
  #sampleDrawn(now, isWanted) {
    const { interpolation, techniques } = this;
    const drawn = (techniques.interpolation ? interpolation?.sample(now) : interpolation?.newest()) ?? new Map();
    for (const id of drawn.keys()) {
      if (!isWanted(id)) {
        drawn.delete(id);
      }
    }
    return drawn;
  }

  #handleOpen() {
    const { role, resume, ticket } = this.#options;
    this.#toldViewport = this.#viewport;
    this.#become('joining');
    this.#send({ kind: 'hello', role, viewport: this.#viewport, resume, ticket });
    this.#pollPing(this.#options.now());
  }

  /** @param {unknown} data */
  #handleMessage(data) {
    if (this.state === 'closed') {
      return;
    }
    try {
      if (!(data instanceof ArrayBuffer)) {
        throw new DecodeError('malformed', 'a message is not binary');
      }
      const breakdown = this.dissects ? new Breakdown() : null;
      this.#handle(breakdown?.decode(data) ?? decodeServer(data), data.byteLength, breakdown);
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        throw error;
      }
      this.statistics.refusals += 1;
      this.#options.onRefusal?.(error);
      this.#leave(closeReason(4002));
    }
  }

  /** @param {ServerMessage} message @param {number} bytes @param {Breakdown | null} breakdown */
  #handle(message, bytes, breakdown) {
    switch (message.kind) {
      case 'welcome':
        this.#handleWelcome(message);
        break;
      case 'pong':
        this.#handlePong(message.number);
        break;
      case 'drain':
        this.#options.onDrain?.(message.reconnectAfterMs);
        break;
      case 'snapshot':
        this.#handleSnapshot(message, bytes, breakdown);
        this.poll();
        break;
    }
  }

  /** @param {Welcome} welcome */
  #handleWelcome(welcome) {
    if (this.welcome !== null) {
      throw new DecodeError('malformed', 'a welcome came twice');
    }
    this.replica = replicaOf(welcome);
    this.clock = new TickClock(welcome.tickRate);
    this.own = new Own(welcome.seat?.player ?? null, this.replica, this.clock);
    if (this.#firstRoundTripMs !== null) {
      this.own.lead.learnRoundTrip(this.#firstRoundTripMs);
    }
    this.interpolation = new Interpolation(welcome.rules, this.clock);
    this.welcome = welcome;
    this.#options.onWelcome?.(welcome);
  }

  /** @param {number} number */
  #handlePong(number) {
    const sentAt = this.#pings.get(number);
    if (sentAt === undefined) {
      return;
    }
    this.#pings.delete(number);
    const rttMs = this.#options.now() - sentAt;
    this.rttMs = this.rttMs === null ? rttMs : this.rttMs + (rttMs - this.rttMs) * RTT_GAIN;
    this.#firstRoundTripMs ??= rttMs;
    this.own?.lead.learnRoundTrip(rttMs);
  }

  /** @param {Snapshot} snapshot @param {number} bytes @param {Breakdown | null} breakdown */
  #handleSnapshot(snapshot, bytes, breakdown) {
    this.#arrivedAt = this.#options.now();
    this.statistics.snapshots += 1;
    this.statistics.snapshotBytes += bytes;
    this.#unacknowledgedBytes += bytes;
    if (this.#recoveringSince !== null && snapshot.header.reset === null) {
      return;
    }
    const at = this.#arrivedAt;
    const expected = this.own?.expect(at) ?? NOTHING_EXPECTED;
    const applied = this.#apply(snapshot);
    if (applied === null) {
      return;
    }
    this.#recoveringSince = null;
    const correction = this.#follow(snapshot, applied, expected, at);
    if (this.state === 'joining') {
      this.#become('playing');
    }
    this.#options.onSnapshot?.(applied, { at, bytes, breakdown, report: snapshot.header.report, correction });
  }

  /** @param {Snapshot} snapshot @returns {Applied | null} */
  #apply(snapshot) {
    if (this.replica === null) {
      throw new DecodeError('malformed', 'a snapshot came before the welcome');
    }
    try {
      return this.replica.apply(snapshot);
    } catch (error) {
      if (!(error instanceof ReplicaError)) {
        throw error;
      }
      this.statistics.refusals += 1;
      this.statistics.recoveries += 1;
      this.#options.onRefusal?.(error);
      this.#recover(this.#options.now());
      return null;
    }
  }

  /**
   * Takes the parts to the replica's new tick.
   * @param {Snapshot} snapshot
   * @param {Applied} applied
   * @param {Expectation} expected
   * @param {number} at
   * @returns {number} how far it put one's own ship right
   */
  #follow({ header }, applied, expected, at) {
    const { replica, clock, own, interpolation, statistics } = this;
    if (replica === null || clock === null || own === null || interpolation === null) {
      throw new Error('all parts come with the welcome');
    }
    clock.learn(applied.tick, at);
    interpolation.push(replica, applied, at);
    own.prediction.reconciles = this.techniques.reconciliation;
    const correction = own.follow(applied, header.report, expected, at);
    statistics.resets += applied.reset ? 1 : 0;
    statistics.checksums += header.checksum === null ? 0 : 1;
    statistics.lateInputs += header.report !== null && header.report.margin < 0 ? 1 : 0;
    statistics.corrections += correction > 0 ? 1 : 0;
    return correction;
  }

  /** @param {number} now */
  #recover(now) {
    this.#recoveringSince = now;
    this.#send({ kind: 'recover' });
  }

  /** Gives up on a server that is not heard: with no code, so that it keeps the seat. @param {number} now */
  #pollLoss(now) {
    const isOpening = this.state === 'connecting' || this.state === 'joining';
    const patienceMs = isOpening ? OPENING_MS_MAX : UNHEARD_MS_MAX;
    if ((isOpening || this.state === 'playing') && now - this.#arrivedAt > patienceMs) {
      this.#socket?.close();
      this.#become('closed', closeReason(1006));
    }
  }

  /** @param {number} now */
  #pollRecovery(now) {
    if (this.#recoveringSince !== null && now - this.#recoveringSince >= RECOVER_INTERVAL_MS) {
      this.#recover(now);
    }
  }

  /**
   * Sends the controls when they changed, and otherwise now and then. A tick has one input, unless a key is pressed or let
   * go after it: a hand that aims can wait for the next tick, a finger does not.
   * @param {number} now
   */
  #pollInput(now) {
    const newest = this.replica?.tick ?? null;
    const controls = this.#held;
    const isPlayer = this.#options.role.kind === 'player';
    if (newest === null || controls === null || this.own === null || !isPlayer) {
      return;
    }
    const isNew = this.#sent === null || !Controls.equal(this.#sent.controls, controls);
    if (!isNew && now - this.#spokeAt < SILENCE_MS_MAX) {
      return;
    }
    const stamp = this.own.lead.stampAt(now);
    if (this.#sent?.stamp === stamp && !isPressed(this.#sent.controls, controls)) {
      return;
    }
    this.#sent = { stamp, controls };
    this.own.record(stamp, controls, now);
    this.statistics.inputs += 1;
    this.#send({ kind: 'input', tick: stamp, acknowledged: newest, controls });
    this.#heard(now);
  }

  /** Tells the newest tick where no input did. @param {number} now */
  #pollAcknowledgement(now) {
    const newest = this.replica?.tick ?? null;
    const isDue = this.#unacknowledgedBytes >= UNACKNOWLEDGED_BYTES_MAX || now - this.#spokeAt >= SILENCE_MS_MAX;
    if (newest !== null && isDue) {
      this.#send({ kind: 'acknowledge', tick: newest });
      this.#heard(now);
    }
  }

  /** Tells the newest viewport: a window that is being resized has another in each frame. @param {number} now */
  #pollViewport(now) {
    const viewport = this.#viewport;
    const { width, height } = this.#toldViewport;
    const isTold = viewport.width === width && viewport.height === height;
    if (!isTold && now - this.#toldViewportAt >= VIEWPORT_INTERVAL_MS) {
      this.#toldViewport = viewport;
      this.#toldViewportAt = now;
      this.#send({ kind: 'viewport', viewport });
    }
  }

  /** The server was told the newest tick. @param {number} now */
  #heard(now) {
    this.#spokeAt = now;
    this.#unacknowledgedBytes = 0;
  }

  /** @param {number} now */
  #pollPing(now) {
    const intervalMs = this.#pingNumber < FIRST_PINGS ? FIRST_PING_INTERVAL_MS : PING_INTERVAL_MS;
    if (now - this.#pingedAt < intervalMs) {
      return;
    }
    this.#pingedAt = now;
    this.#pingNumber = (this.#pingNumber + 1) >>> 0;
    this.#pings.delete(this.#pingNumber - PINGS_MAX);
    this.#pings.set(this.#pingNumber, now);
    this.#send({ kind: 'ping', number: this.#pingNumber });
  }

  /** Says nothing on a socket that is closing already. @param {ClientMessage} message */
  #send(message) {
    if (this.#socket?.readyState === OPEN) {
      this.#socket.send(encodeClient(message));
    }
  }

  /** @param {Closing} closing */
  #leave(closing) {
    if (this.state === 'idle' || this.state === 'closed') {
      return;
    }
    this.#socket?.close(closing.code, closing.text);
    this.#become('closed', closing);
  }

  /** @param {number} code */
  #handleClose(code) {
    if (this.state !== 'closed') {
      this.#become('closed', closeReason(code));
    }
  }

  /** @param {ConnectionState} state @param {Closing | null} [closing] */
  #become(state, closing = null) {
    this.state = state;
    this.#options.onState?.(state, closing);
  }
}

/** @param {Welcome} welcome @returns {Replica} */
function replicaOf(welcome) {
  try {
    return new Replica(welcome);
  } catch (error) {
    throw error instanceof RangeError ? new DecodeError('malformed', error.message) : error;
  }
}

/** @param {ControlsValue} before @param {ControlsValue} after @returns {boolean} whether more changed than the aim */
function isPressed(before, after) {
  return !Controls.equal({ ...before, aim: 0 }, { ...after, aim: 0 });
}

/** @returns {Techniques} */
export function allTechniques() {
  return { prediction: true, reconciliation: true, interpolation: true };
}

/** @returns {Statistics} */
function nothingCounted() {
  return {
    snapshots: 0,
    snapshotBytes: 0,
    resets: 0,
    refusals: 0,
    recoveries: 0,
    checksums: 0,
    inputs: 0,
    lateInputs: 0,
    corrections: 0,
  };
}
