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

import { Actions } from './actions.js';
import { arena } from './arena.js';
import { Breakdown } from './breakdown.js';
import { DecodeError } from './bytes.js';
import { TickClock } from './clock.js';
import { closeReason } from './close.js';
import { SUBPROTOCOL, encodeClient } from './codec.js';
import { Handover } from './handover.js';
import { Interpolation } from './interpolation.js';
import { Liveness } from './liveness.js';
import { LocalPlayer, NO_PREDICTION } from './local_player.js';
import { Playback } from './playback.js';
import { Recording } from './recording.js';
import { ReplicaError } from './replica.js';
import { RoundTripTimer } from './round_trip_timer.js';
import { SessionSocket } from './session_socket.js';
import { emptyStatistics } from './statistics.js';
import { allTechniques } from './techniques.js';
import { Tick } from './units.js';
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
 * @typedef {import('./game.js').Game} Game
 * @typedef {import('./playback_buffer.js').PlaybackBuffer} PlaybackBuffer
 * @typedef {import('./replica.js').Replica} Replica
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./connection_options.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection_options.js').ConnectionState} ConnectionState
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 */

/** Time to wait for a full snapshot before requesting it again. */
const RESYNC_INTERVAL_MS = 1000;

/** A player's or spectator's connection to a room, or to a replay if the URL contains `replay=`. */
export class Connection {
  #options;
  /** @type {Game} */
  #game;
  #socket = new SessionSocket({
    onOpen: () => this.#handleOpen(),
    onMessage: (data) => this.#handleMessage(data),
    onClose: (code) => this.#handleClose(code),
    onMoved: (handover) => this.#handleMoved(handover),
  });
  #uplink;
  /** @type {Actions} */
  #actions;
  #roundTrip = new RoundTripTimer();
  #liveness = new Liveness();
  /** @type {number | null} time of the last resync request; `null` if no requested full snapshot is outstanding */
  #resyncRequestedAt = null;

  /** @param {ConnectionOptions} options */
  constructor(options) {
    this.#options = options;
    this.#game = options.game ?? arena;
    this.#uplink = new Uplink(options.viewport, this.#game.controls);
    this.#actions = options.actions ?? new Actions();
    /** Controls a replay. */
    this.playback = new Playback(options.url, (message) => this.#send(message), options.now);
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
    /** In a replay, a `PlaybackBuffer`. @type {Interpolation | PlaybackBuffer | null} */
    this.interpolation = null;
    /** The last seconds, if the option `recordedSeconds` is set. @type {Recording | null} */
    this.recording = null;
    /** Whether to measure the size of every snapshot by kind of part. Off by default, because measuring takes time. */
    this.breakdownEnabled = false;
    this.statistics = emptyStatistics();
    this.techniques = options.techniques ?? allTechniques();
  }

  /** @returns {number | null} the smoothed round-trip time */
  get rttMs() {
    return this.#roundTrip.smoothedMs;
  }

  /** @returns {import('./connection_options.js').TransportName} what carries the messages */
  get transport() {
    return this.#socket.current?.transport ?? 'websocket';
  }

  /** @returns {import('./connection_options.js').DatagramCounts | null} `null` if no datagrams are used */
  get datagramCounts() {
    return this.#socket.current?.counts ?? null;
  }

  /** Opens the socket. A second call throws an error. */
  open() {
    if (this.state !== 'idle') {
      throw new Error('the connection was already opened');
    }
    this.#socket.use(this.#options.openSocket(this.#options.url, SUBPROTOCOL));
    this.#liveness.handleArrival(this.#options.now());
    this.#setState('connecting');
  }

  /**
   * Moves the session of a player to another socket, without interruption. The connection stays on the present socket until
   * the other one has resumed the seat, and the present one has delivered the ticks before.
   * @param {() => SocketLike} openSocket
   * @param {string} resume the newest resume token of the seat
   * @returns {Promise<boolean>} whether the session has moved. Never rejected
   */
  moveTo(openSocket, resume) {
    const player = this.welcome?.seat?.player;
    if (this.state !== 'playing' || this.#socket.isMoving || player === undefined) {
      return Promise.resolve(false);
    }
    const { viewport } = this.#uplink;
    const handover = new Handover(openSocket(), {
      hello: encodeClient(this.#hello(viewport, resume), this.#game.encodeControls),
      player,
      decodeServer: this.#game.decodeServer,
      viewport,
      now: this.#options.now(),
      onWelcome: (welcome) => this.#options.onWelcome?.(welcome),
      onProgress: () => this.#pollSocket(this.#options.now()),
    });
    return this.#socket.moveTo(handover);
  }

  /** Leaves the room and closes the socket. */
  close() {
    this.#closeWith(closeReason(1000));
  }

  /** Closes the socket without a close code, so that the server keeps the seat for a reconnection. */
  abandon() {
    this.#socket.close();
    this.#setState('closed', closeReason(1006));
  }

  /** Sets the controls, and sends all messages that are due. Call it every frame. @param {ControlsValue} controls */
  setControls(controls) {
    this.#uplink.setControls(controls);
    this.poll();
  }

  /**
   * Acts once, unlike controls, which are held.
   * @param {unknown} action of the game
   * @returns {Promise<import('./actions.js').ActionResult>} what becomes of the action
   * @throws {RangeError} if the action is invalid
   */
  act(action) {
    const encoded = this.#game.encodeAction?.(action);
    if (encoded === undefined) {
      throw new RangeError('the game has no actions');
    }
    const stamp = this.localPlayer?.lead.stampAt(this.#options.now()) ?? 0;
    const result = this.#actions.act(stamp, action, encoded);
    this.poll();
    return result;
  }

  /** Tells the room whether the player is ready. Has no effect unless the room waits. @param {boolean} ready */
  setReady(ready) {
    if (this.replica?.waiting) {
      this.#send({ kind: 'ready', ready });
    }
  }

  /** Sets the viewport. @param {Viewport} viewport size of the window, in world units */
  setViewport(viewport) {
    this.#uplink.setViewport(viewport);
    this.poll();
  }

  /** Sends all messages that are due: inputs, acknowledgements, viewports, pings. Call it regularly. */
  poll() {
    const now = this.#options.now();
    if (this.#liveness.isLost(this.state, now)) {
      this.abandon();
    }
    this.#pollSocket(now);
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
   * Returns the predicted avatar of the local player, and the player's other own entities, such as bullets. If prediction
   * is turned off, samples them in the same way as remote entities.
   * @param {number} now
   * @returns {{avatar: Drawable | null, entities: Map<number, Drawable>}}
   */
  sampleLocal(now) {
    const { localPlayer } = this;
    if (localPlayer === null) {
      return { avatar: null, entities: new Map() };
    }
    const entities = this.techniques.prediction
      ? localPlayer.sample(now)
      : this.#sampleInterpolated(now, (id) => localPlayer.owns(id));
    return { avatar: entities.get(localPlayer.avatar ?? -1) ?? null, entities };
  }

  /** @param {number} now @returns {Map<number, Drawable>} the remote entities, interpolated, a little in the past */
  sampleRemote(now) {
    return this.#sampleInterpolated(now, (id) => !this.localPlayer?.owns(id));
  }

  /** @param {number} now @returns {Drawable | null} the interpolated avatar: about where other players see it */
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
    this.#setState('joining');
    this.#send(this.#hello(this.#uplink.takeInitialViewport(), this.#options.resume));
    this.#pollPing(this.#options.now());
  }

  /** @param {Viewport} viewport @param {string | null} [resume] @returns {ClientMessage} */
  #hello(viewport, resume) {
    const { role, ticket, profile, team } = this.#options;
    return { kind: 'hello', role, viewport, resume, ticket, profile, team, fingerprint: this.#game.fingerprint };
  }

  /** Continues on another socket, with the same world, prediction and seat. @param {Handover} handover */
  #handleMoved({ welcome, viewport, messages }) {
    this.welcome = welcome ?? this.welcome;
    this.#actions.handleWelcome({ seat: welcome?.seat ?? null });
    this.#uplink.handleMove(viewport);
    messages.forEach((data) => this.#handleMessage(data));
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
      const { decodeServer } = this.#game;
      this.#dispatch(breakdown?.decode(data, decodeServer) ?? decodeServer(data), data.byteLength, breakdown);
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
    this.replica = this.#game.createReplica(welcome);
    this.clock = new TickClock(welcome.tickRate, welcome.pace);
    this.localPlayer = new LocalPlayer(welcome.seat?.player ?? null, this.replica, this.clock, this.#game);
    if (this.#roundTrip.firstMs !== null) {
      this.localPlayer.lead.handleRoundTrip(this.#roundTrip.firstMs);
    }
    const { rules } = welcome;
    this.interpolation = this.playback.handleWelcome(rules, this.#game) ?? new Interpolation(rules, this.clock, this.#game);
    this.recording = Recording.ofSeconds(this.#options.recordedSeconds ?? 0, welcome.tickRate);
    this.#uplink.handleWelcome();
    this.#actions.handleWelcome(welcome);
    this.welcome = welcome;
    this.#options.onWelcome?.(welcome);
  }

  /** @param {number} number */
  #handlePong(number) {
    const now = this.#options.now();
    const rttMs = this.#roundTrip.handlePong(number, now);
    if (this.playback.isReplay && this.state === 'playing') { // A paused replay sends no snapshots.
      this.#liveness.handleArrival(now);
    }
    if (rttMs !== null) {
      this.localPlayer?.lead.handleRoundTrip(rttMs);
    }
  }

  /** @param {Snapshot} snapshot @param {number} bytes @param {Breakdown | null} breakdown */
  #handleSnapshot(snapshot, bytes, breakdown) {
    const at = this.#options.now();
    this.#liveness.handleArrival(at);
    this.statistics.snapshots += 1;
    this.statistics.snapshotBytes += bytes;
    this.#uplink.handleSnapshotBytes(bytes / Math.max(this.playback.speed, 1));
    if (this.#resyncRequestedAt !== null && snapshot.header.full === null) {
      return;
    }
    this.playback.handleSnapshot(snapshot.header.full !== null);
    const expected = this.localPlayer?.predictNextTick(at) ?? NO_PREDICTION;
    const effects = this.#apply(snapshot, bytes);
    if (effects === null) {
      return;
    }
    this.#actions.handleSnapshot(effects.full, effects.outcomes ?? null);
    this.#resyncRequestedAt = null;
    const correction = this.#advance(snapshot, effects, expected, at);
    if (this.state === 'joining') {
      this.#setState('playing');
    }
    this.#options.onSnapshot?.(effects, { at, bytes, breakdown, report: snapshot.header.report, correction });
  }

  /** @param {Snapshot} snapshot @param {number} bytes @returns {SnapshotEffects | null} `null` if it cannot be applied */
  #apply(snapshot, bytes) {
    if (this.replica === null) {
      throw new DecodeError('malformed', 'snapshot before the welcome');
    }
    try {
      const effects = this.replica.apply(snapshot);
      this.recording?.push(this.replica, snapshot, bytes);
      return effects;
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
   * @param {import('./local_player.js').ExpectedTick} expected
   * @param {number} at arrival time
   * @returns {number} the prediction error of the avatar
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
    statistics.lostTicks += expected.tick === null ? 0 : Math.max(Tick.since(effects.tick, expected.tick), 0);
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

  /** @param {number} now */
  #pollResync(now) {
    if (this.#resyncRequestedAt !== null && now - this.#resyncRequestedAt >= RESYNC_INTERVAL_MS) {
      this.#requestResync(now);
    }
  }

  /** @param {number} now */
  #pollSocket(now) {
    this.#socket.poll(this.replica?.tick ?? null, this.#liveness.silentMs(now), now);
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
      this.#pollActions(this.localPlayer);
    }
    this.#send(this.#uplink.pollViewport(now));
    this.playback.poll();
  }

  /** @param {LocalPlayer} localPlayer */
  #pollActions({ prediction }) {
    for (let act = this.#actions.poll(); act !== null; act = this.#actions.poll()) {
      const { sequence, tick, action, encoded } = act;
      prediction.recordAction?.(sequence, tick, action);
      this.#send({ kind: 'act', sequence, tick, action: encoded });
    }
  }

  /** Sends a message, or drops it if the socket is not open. @param {ClientMessage | null} message */
  #send(message) {
    if (message !== null) {
      this.#socket.send(encodeClient(message, this.#game.encodeControls));
    }
  }

  /** @param {CloseReason} reason */
  #closeWith(reason) {
    if (this.state === 'idle' || this.state === 'closed') {
      return;
    }
    this.#socket.close(reason.code, reason.text);
    this.#setState('closed', reason);
  }

  /** @param {number} code */
  #handleClose(code) {
    if (this.state !== 'closed') this.#setState('closed', closeReason(code));
  }

  /** @param {ConnectionState} state @param {CloseReason | null} [reason] */
  #setState(state, reason = null) {
    this.state = state;
    this.#options.onState?.(state, reason);
  }
}
