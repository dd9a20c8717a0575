// @ts-check
/**
 * A connection to a room: all the parts, on a WebSocket that is given to it.
 *
 * ```text
 * idle ──open()──▶ connecting ──socket open──▶ joining ──first snapshot──▶ playing ──▶ closed
 *                                   Hello ▲         ▲ Welcome
 * ```
 */

import { DecodeError } from './bytes.js';
import { TickClock } from './clock.js';
import { closeReason } from './close.js';
import { SUBPROTOCOL, decodeServer, encodeClient } from './codec.js';
import { Controls } from './controls.js';
import * as ids from './ids.js';
import { Interpolation } from './interpolation.js';
import { Lead, Prediction } from './prediction.js';
import { Replica, ReplicaError } from './replica.js';
import { clamp } from './units.js';

/**
 * @typedef {import('./breakdown.js').Breakdown} Breakdown
 * @typedef {import('./close.js').Closing} Closing
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
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
 * @property {(state: ConnectionState, closing: Closing | null) => void} [onState]
 * @property {(welcome: Welcome) => void} [onWelcome]
 * @property {(applied: Applied, bytes: number) => void} [onSnapshot]
 * @property {(reconnectAfterMs: number) => void} [onDrain] the server is about to close
 * @property {(error: Error) => void} [onRefusal]
 */

/** The `readyState` of a WebSocket that takes messages. */
const OPEN = 1;
/** The longest that nothing is sent: an input, or the newest tick where there are no controls. */
const SILENCE_MS_MAX = 1000;
/** The most bytes that are received without the server being told which tick they reached. */
const UNACKNOWLEDGED_BYTES_MAX = 8 * 1024;
/** How often the round trip is measured. */
const PING_INTERVAL_MS = 1000;
/** A lost answer is not waited for longer than this many others. */
const PINGS_MAX = 8;
/** How much of a new round trip goes into the smoothed one. */
const RTT_GAIN = 0.2;
/** How long a reset is waited for until it is asked for again. */
const RECOVER_INTERVAL_MS = 1000;
/** How fast the drawn lead follows the real one, in ticks per tick. */
const LEAD_SLEW = 0.1;
/** How long one's own ship flies on while nothing arrives. */
const STALL_S_MAX = 1;

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
  #spokeAt = 0;
  #unacknowledgedBytes = 0;
  /** @type {Map<number, number>} when each ping was sent */
  #pings = new Map();
  #pingNumber = 0;
  #pingedAt = -Infinity;
  /** @type {number | null} */
  #recoveringSince = null;
  /**
   * The lead that is drawn, and when: it follows the real one without a jump.
   * @type {{ticks: number, at: number} | null}
   */
  #drawnLead = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#viewport = options.viewport;
    /** @type {ConnectionState} */
    this.state = 'idle';
    /** @type {Welcome | null} */
    this.welcome = null;
    /** @type {Replica | null} */
    this.replica = null;
    /** @type {Prediction | null} */
    this.prediction = null;
    /** @type {Lead | null} */
    this.lead = null;
    /** @type {TickClock | null} */
    this.clock = null;
    /** @type {Interpolation | null} */
    this.interpolation = null;
    /** @type {number | null} */
    this.rttMs = null;
    /** @type {Breakdown | null} takes every snapshot apart while there is one: that costs time, so that it is asked for */
    this.breakdown = null;
    this.statistics = nothingCounted();
  }

  /** Opens the socket. Once. */
  open() {
    if (this.state !== 'idle') {
      throw new Error('a connection is opened once');
    }
    const socket = this.#options.openSocket(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
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
    const { width, height } = this.#viewport;
    if (viewport.width === width && viewport.height === height) {
      return;
    }
    this.#viewport = viewport;
    if (this.state === 'joining' || this.state === 'playing') {
      this.#send({ kind: 'viewport', viewport });
    }
  }

  /** Does what time demands: inputs, acknowledgements, pings. */
  poll() {
    if (this.state !== 'joining' && this.state !== 'playing') {
      return;
    }
    const now = this.#options.now();
    this.#pollRecovery(now);
    if (this.state === 'playing') {
      this.#pollInput(now);
      this.#pollAcknowledgement(now);
      this.#pollPing(now);
    }
  }

  /**
   * One's own ship and bullets, predicted.
   * @param {number} now
   * @returns {{ship: Drawable | null, entities: Map<number, Drawable>}}
   */
  sampleOwn(now) {
    if (this.replica === null || this.replica.tick === null || this.prediction === null) {
      return { ship: null, entities: new Map() };
    }
    const entities = this.prediction.sample(this.replica, this.ownTickAt(now));
    const ship = entities.get(ids.ship(this.welcome?.seat?.player ?? -1)) ?? null;
    return { ship, entities };
  }

  /** @param {number} now @returns {Map<number, Drawable>} everything but one's own, a little in the past */
  sampleOthers(now) {
    const drawn = this.interpolation?.sample(now) ?? new Map();
    const player = this.welcome?.seat?.player ?? null;
    if (player !== null) {
      drawn.delete(ids.ship(player));
      for (let shot = 0; shot < ids.BULLETS_PER_SHIP; shot += 1) {
        drawn.delete(ids.bullet(ids.ship(player), shot));
      }
    }
    return drawn;
  }

  /** @param {number} now @returns {Applied[]} every tick that `sampleOthers` has reached since the last call */
  takeDue(now) {
    return this.interpolation?.takeDue(now) ?? [];
  }

  /**
   * The tick at which one's own ship is drawn: on the way to the tick that an input sent now would be stamped with.
   * @param {number} now
   * @returns {number} with its fraction, counted on beyond 2³²
   */
  ownTickAt(now) {
    if (this.clock === null || this.lead === null) {
      return 0;
    }
    const since = Math.max(now - (this.#drawnLead?.at ?? now), 0);
    const slew = (since * LEAD_SLEW * this.clock.tickRate) / 1000;
    const from = this.#drawnLead?.ticks ?? this.lead.ticks;
    const ticks = clamp(this.lead.ticks, from - slew, from + slew);
    this.#drawnLead = { ticks, at: now };
    const arriving = Math.min(this.clock.tickAt(now), this.clock.newest + this.clock.tickRate * STALL_S_MAX);
    return arriving + ticks - 1;
  }

  #handleOpen() {
    const { role, resume, ticket } = this.#options;
    this.#become('joining');
    this.#send({ kind: 'hello', role, viewport: this.#viewport, resume, ticket });
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
      this.#handle(this.breakdown?.decode(data) ?? decodeServer(data), data.byteLength);
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        throw error;
      }
      this.statistics.refusals += 1;
      this.#options.onRefusal?.(error);
      this.#leave(closeReason(4002));
    }
  }

  /** @param {ServerMessage} message @param {number} bytes */
  #handle(message, bytes) {
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
        this.#handleSnapshot(message, bytes);
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
    this.lead = new Lead(welcome.tickRate);
    this.prediction = new Prediction(welcome.seat?.player ?? null);
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
  }

  /** @param {Snapshot} snapshot @param {number} bytes */
  #handleSnapshot(snapshot, bytes) {
    this.statistics.snapshots += 1;
    this.statistics.snapshotBytes += bytes;
    this.#unacknowledgedBytes += bytes;
    if (this.#recoveringSince !== null && snapshot.header.reset === null) {
      return;
    }
    const applied = this.#apply(snapshot);
    if (applied === null) {
      return;
    }
    this.#recoveringSince = null;
    this.#follow(snapshot, applied);
    if (this.state === 'joining') {
      this.#become('playing');
    }
    this.#options.onSnapshot?.(applied, bytes);
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

  /** Takes the parts to the replica's new tick. @param {Snapshot} snapshot @param {Applied} applied */
  #follow({ header }, applied) {
    const { replica, prediction, clock, interpolation, lead } = this;
    if (replica === null || prediction === null || clock === null || interpolation === null || lead === null) {
      throw new Error('all parts come with the welcome');
    }
    if (applied.reset) {
      this.statistics.resets += 1;
    }
    if (header.checksum !== null) {
      this.statistics.checksums += 1;
    }
    clock.learn(applied.tick, this.#options.now());
    interpolation.push(replica, applied);
    prediction.confirm(replica);
    if (header.report !== null) {
      this.statistics.lateInputs += header.report.margin < 0 ? 1 : 0;
      lead.learn(header.report, applied.tick);
    }
  }

  /** @param {number} now */
  #recover(now) {
    this.#recoveringSince = now;
    this.#send({ kind: 'recover' });
  }

  /** @param {number} now */
  #pollRecovery(now) {
    if (this.#recoveringSince !== null && now - this.#recoveringSince >= RECOVER_INTERVAL_MS) {
      this.#recover(now);
    }
  }

  /** Sends the controls when they changed, at most once for a tick, and otherwise now and then. @param {number} now */
  #pollInput(now) {
    const newest = this.replica?.tick ?? null;
    const controls = this.#held;
    const isPlayer = this.#options.role.kind === 'player';
    if (newest === null || controls === null || this.lead === null || !isPlayer) {
      return;
    }
    const isNew = this.#sent === null || !Controls.equal(this.#sent.controls, controls);
    if (!isNew && now - this.#spokeAt < SILENCE_MS_MAX) {
      return;
    }
    const stamp = this.lead.stamp(newest);
    if (this.#sent !== null && this.#sent.stamp === stamp) {
      return;
    }
    this.#sent = { stamp, controls };
    this.statistics.inputs += 1;
    this.prediction?.record(stamp, controls);
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

  /** The server was told the newest tick. @param {number} now */
  #heard(now) {
    this.#spokeAt = now;
    this.#unacknowledgedBytes = 0;
  }

  /** @param {number} now */
  #pollPing(now) {
    if (now - this.#pingedAt < PING_INTERVAL_MS) {
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
  };
}
