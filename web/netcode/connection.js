// @ts-check
/**
 * A connection to a room: combines all parts of the netcode on a WebSocket.
 *
 * ```text
 * idle ──open()──▶ connecting ──socket opens──▶ joining ──first snapshot──▶ playing ──▶ closed
 *                               sends Hello     receives Welcome
 * ```
 * Every state after `idle` can also change to `closed`.
 */

import { Breakdown } from './breakdown.js';
import { DecodeError } from './bytes.js';
import { TickClock } from './clock.js';
import { closeReason } from './close.js';
import { SUBPROTOCOL, decodeServer, encodeClient } from './codec.js';
import { Interpolation } from './interpolation.js';
import { LocalPlayer } from './local_player.js';
import { ReplicaError, createReplica } from './replica.js';
import { RoundTripTimer } from './round_trip_timer.js';
import { emptyStatistics } from './statistics.js';
import { allTechniques } from './techniques.js';
import { Uplink } from './uplink.js';

/**
 * @typedef {import('./close.js').CloseReason} CloseReason
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./local_player.js').ExpectedTick} ExpectedTick
 * @typedef {import('./replica.js').Replica} Replica
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./connection_options.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection_options.js').ConnectionState} ConnectionState
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 */

/** An empty prediction. It is used before the Welcome, when there is no local player. @type {ExpectedTick} */
const NO_PREDICTION = Object.freeze({ drawn: new Map(), ship: undefined });
/** `WebSocket.OPEN` */
const OPEN = 1;
/** Timeout from opening the socket to the first snapshot. */
const OPENING_MS_MAX = 10_000;
/** Maximum time between snapshots. After this time, the connection counts as lost, even if the socket is still open. */
const SNAPSHOT_GAP_MS_MAX = 5_000;
/** Time to wait for a full snapshot before requesting it again. */
const RESYNC_INTERVAL_MS = 1000;

/** A player's or spectator's connection to a room. */
export class Connection {
  #options;
  /** @type {SocketLike | null} */
  #socket = null;
  #uplink;
  #roundTrip = new RoundTripTimer();
  /** Arrival time of the last snapshot. Before the first snapshot, the time of `open()`. */
  #arrivedAt = 0;
  /** @type {number | null} time of the last resync request; `null` if no requested full snapshot is outstanding */
  #resyncRequestedAt = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#uplink = new Uplink(options.viewport);
    /** @type {ConnectionState} */
    this.state = 'idle';
    /** @type {Welcome | null} */
    this.welcome = null;
    /** @type {Replica | null} */
    this.replica = null;
    /** @type {TickClock | null} */
    this.clock = null;
    /** @type {LocalPlayer | null} */
    this.localPlayer = null;
    /** @type {Interpolation | null} */
    this.interpolation = null;
    /** Whether to measure the size of every snapshot by kind of part. Off by default, because measuring takes time. */
    this.breakdownEnabled = false;
    this.statistics = emptyStatistics();
    this.techniques = options.techniques ?? allTechniques();
  }

  /** @returns {number | null} the smoothed round-trip time */
  get rttMs() {
    return this.#roundTrip.smoothedMs;
  }

  /** Opens the socket. A second call throws an error. */
  open() {
    if (this.state !== 'idle') {
      throw new Error('the connection was already opened');
    }
    const socket = this.#options.openSocket(this.#options.url, SUBPROTOCOL);
    this.#socket = socket;
    this.#arrivedAt = this.#options.now();
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#handleOpen();
    socket.onmessage = ({ data }) => this.#handleMessage(data);
    socket.onclose = ({ code }) => this.#handleClose(code);
    this.#setState('connecting');
  }

  /** Leaves the room and closes the socket. */
  close() {
    this.#closeWith(closeReason(1000));
  }

  /** Closes the socket without a close code, so that the server keeps the seat for a reconnection. */
  abandon() {
    this.#socket?.close();
    this.#setState('closed', closeReason(1006));
  }

  /** Sets the controls, and sends all messages that are due. Call it every frame. @param {ControlsValue} controls */
  setControls(controls) {
    this.#uplink.setControls(controls);
    this.poll();
  }

  /** Sets the viewport. @param {Viewport} viewport size of the window, in world units */
  setViewport(viewport) {
    this.#uplink.setViewport(viewport);
    this.poll();
  }

  /** Sends all messages that are due: inputs, acknowledgements, viewports, pings. Call it regularly. */
  poll() {
    const now = this.#options.now();
    this.#pollTimeout(now);
    if (this.state !== 'joining' && this.state !== 'playing') {
      return;
    }
    this.#pollPing(now);
    this.#pollResync(now);
    if (this.state === 'playing') {
      this.#pollUplink(now);
    }
  }

  /**
   * Returns the predicted local ship and its bullets. If prediction is turned off, samples the ship and the bullets in the
   * same way as remote entities.
   * @param {number} now
   * @returns {{ship: Drawable | null, entities: Map<number, Drawable>}}
   */
  sampleLocal(now) {
    const { localPlayer } = this;
    if (localPlayer === null) {
      return { ship: null, entities: new Map() };
    }
    const entities = this.techniques.prediction
      ? localPlayer.sample(now)
      : this.#sampleInterpolated(now, (id) => localPlayer.owns(id));
    return { ship: entities.get(localPlayer.avatar ?? -1) ?? null, entities };
  }

  /** @param {number} now @returns {Map<number, Drawable>} the remote entities, interpolated, a little in the past */
  sampleRemote(now) {
    return this.#sampleInterpolated(now, (id) => !this.localPlayer?.owns(id));
  }

  /** @param {number} now @returns {Drawable | null} the interpolated local ship: about where other players see it */
  sampleGhost(now) {
    return this.interpolation?.sample(now).get(this.localPlayer?.avatar ?? -1) ?? null;
  }

  /** @param {number} now @returns {SnapshotEffects[]} effects of ticks that became due for drawing since the last call */
  takeDueEffects(now) {
    return this.interpolation?.takeDueEffects(now) ?? [];
  }

  /** @param {number} now @param {(id: number) => boolean} isWanted @returns {Map<number, Drawable>} */
  #sampleInterpolated(now, isWanted) {
    const { interpolation, techniques } = this;
    const drawn = (techniques.interpolation ? interpolation?.sample(now) : interpolation?.sampleNewest()) ?? new Map();
    for (const id of drawn.keys()) {
      if (!isWanted(id)) {
        drawn.delete(id);
      }
    }
    return drawn;
  }

  #handleOpen() {
    const { role, resume, ticket } = this.#options;
    const viewport = this.#uplink.takeInitialViewport();
    this.#setState('joining');
    this.#send({ kind: 'hello', role, viewport, resume, ticket });
    this.#pollPing(this.#options.now());
  }

  /** @param {unknown} data */
  #handleMessage(data) {
    if (this.state === 'closed') {
      return;
    }
    try {
      if (!(data instanceof ArrayBuffer)) {
        throw new DecodeError('malformed', 'not a binary message');
      }
      const breakdown = this.breakdownEnabled ? new Breakdown() : null;
      this.#dispatch(breakdown?.decode(data) ?? decodeServer(data), data.byteLength, breakdown);
    } catch (error) {
      if (!(error instanceof DecodeError)) {
        throw error;
      }
      this.statistics.errors += 1;
      this.#options.onError?.(error);
      this.#closeWith(closeReason(4002));
    }
  }

  /** @param {ServerMessage} message @param {number} bytes @param {Breakdown | null} breakdown */
  #dispatch(message, bytes, breakdown) {
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
      throw new DecodeError('malformed', 'duplicate welcome');
    }
    this.replica = createReplica(welcome);
    this.clock = new TickClock(welcome.tickRate);
    this.localPlayer = new LocalPlayer(welcome.seat?.player ?? null, this.replica, this.clock);
    if (this.#roundTrip.firstMs !== null) {
      this.localPlayer.lead.handleRoundTrip(this.#roundTrip.firstMs);
    }
    this.interpolation = new Interpolation(welcome.rules, this.clock);
    this.#uplink.handleWelcome();
    this.welcome = welcome;
    this.#options.onWelcome?.(welcome);
  }

  /** @param {number} number */
  #handlePong(number) {
    const rttMs = this.#roundTrip.handlePong(number, this.#options.now());
    if (rttMs !== null) {
      this.localPlayer?.lead.handleRoundTrip(rttMs);
    }
  }

  /** @param {Snapshot} snapshot @param {number} bytes @param {Breakdown | null} breakdown */
  #handleSnapshot(snapshot, bytes, breakdown) {
    this.#arrivedAt = this.#options.now();
    this.statistics.snapshots += 1;
    this.statistics.snapshotBytes += bytes;
    this.#uplink.handleSnapshotBytes(bytes);
    if (this.#resyncRequestedAt !== null && snapshot.header.full === null) {
      return;
    }
    const at = this.#arrivedAt;
    const expected = this.localPlayer?.predictNextTick(at) ?? NO_PREDICTION;
    const effects = this.#apply(snapshot);
    if (effects === null) {
      return;
    }
    this.#resyncRequestedAt = null;
    const correction = this.#advance(snapshot, effects, expected, at);
    if (this.state === 'joining') {
      this.#setState('playing');
    }
    this.#options.onSnapshot?.(effects, { at, bytes, breakdown, report: snapshot.header.report, correction });
  }

  /** @param {Snapshot} snapshot @returns {SnapshotEffects | null} `null` if the snapshot could not be applied */
  #apply(snapshot) {
    if (this.replica === null) {
      throw new DecodeError('malformed', 'snapshot before the welcome');
    }
    try {
      return this.replica.apply(snapshot);
    } catch (error) {
      if (!(error instanceof ReplicaError)) {
        throw error;
      }
      this.statistics.errors += 1;
      this.statistics.resyncs += 1;
      this.#options.onError?.(error);
      this.#requestResync(this.#options.now());
      return null;
    }
  }

  /**
   * Advances the clock, the interpolation and the prediction to a snapshot. The replica must already have applied it.
   * @param {Snapshot} snapshot
   * @param {SnapshotEffects} effects
   * @param {ExpectedTick} expected
   * @param {number} at arrival time
   * @returns {number} the prediction error of the local ship
   */
  #advance({ header }, effects, expected, at) {
    const { replica, clock, localPlayer, interpolation, statistics } = this;
    if (replica === null || clock === null || localPlayer === null || interpolation === null) {
      throw new Error('the welcome creates all parts');
    }
    clock.handleTick(effects.tick, at);
    interpolation.push(replica, effects, at);
    localPlayer.prediction.reconciliationEnabled = this.techniques.reconciliation;
    const correction = localPlayer.reconcile(effects, header.report, expected, at);
    statistics.fullSnapshots += effects.full ? 1 : 0;
    statistics.checksums += header.checksum === null ? 0 : 1;
    statistics.lateInputs += header.report !== null && header.report.margin < 0 ? 1 : 0;
    statistics.corrections += correction > 0 ? 1 : 0;
    return correction;
  }

  /** @param {number} now */
  #requestResync(now) {
    this.#resyncRequestedAt = now;
    this.#send({ kind: 'resync' });
  }

  /** Abandons the connection if a timeout has expired. @param {number} now */
  #pollTimeout(now) {
    const isOpening = this.state === 'connecting' || this.state === 'joining';
    const timeoutMs = isOpening ? OPENING_MS_MAX : SNAPSHOT_GAP_MS_MAX;
    if ((isOpening || this.state === 'playing') && now - this.#arrivedAt > timeoutMs) {
      this.abandon();
    }
  }

  /** @param {number} now */
  #pollResync(now) {
    if (this.#resyncRequestedAt !== null && now - this.#resyncRequestedAt >= RESYNC_INTERVAL_MS) {
      this.#requestResync(now);
    }
  }

  /** @param {number} now */
  #pollPing(now) {
    const number = this.#roundTrip.pollPing(now);
    if (number !== null) {
      this.#send({ kind: 'ping', number });
    }
  }

  /** @param {number} now */
  #pollUplink(now) {
    const newest = this.replica?.tick ?? null;
    if (newest !== null && this.localPlayer !== null) {
      const isPlayer = this.#options.role.kind === 'player';
      const input = isPlayer ? this.#uplink.pollInput(now, this.localPlayer, newest) : null;
      this.statistics.inputs += input === null ? 0 : 1;
      this.#send(input);
      this.#send(this.#uplink.pollAcknowledgement(now, this.localPlayer, newest));
    }
    this.#send(this.#uplink.pollViewport(now));
  }

  /** Sends a message, or drops it if the socket is not open. @param {ClientMessage | null} message */
  #send(message) {
    if (message !== null && this.#socket?.readyState === OPEN) {
      this.#socket.send(encodeClient(message));
    }
  }

  /** @param {CloseReason} reason */
  #closeWith(reason) {
    if (this.state === 'idle' || this.state === 'closed') {
      return;
    }
    this.#socket?.close(reason.code, reason.text);
    this.#setState('closed', reason);
  }

  /** @param {number} code */
  #handleClose(code) {
    if (this.state !== 'closed') {
      this.#setState('closed', closeReason(code));
    }
  }

  /** @param {ConnectionState} state @param {CloseReason | null} [reason] */
  #setState(state, reason = null) {
    this.state = state;
    this.#options.onState?.(state, reason);
  }
}
