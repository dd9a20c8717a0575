// @ts-check
// A session in a room. Once per frame, it builds a scene from the state of the netcode.
//
// The local ship and its bullets are predicted ahead of the server. All other entities are interpolated and drawn a little in
// the past. Visual events are shown at the same time as the entities that they belong to: events of local entities at once,
// events of other entities after the interpolation delay.

import { Client, IDLE_INTERVAL_MS } from '../netcode/index.js';
import { ENVIRONMENT } from './environment.js';
import { feedItemsIn, visualEventsIn } from './session/events.js';
import { InstantReplay, RECORDED_S, REPLAY_DELAY_S } from './session/instant_replay.js';
import { newShipText } from './session/new_ship.js';
import { Roster } from './session/roster.js';
import { Rounds, roundLeftS } from './session/rounds.js';
import { mapView } from './session/map.js';
import { addViews, emptyViews } from './session/views.js';

/** Respawn delay, as in the server's rules. It is used only for the countdown. */
const RESPAWN_MS = 2000;
/** Polling interval. Polling once per frame is not enough, because a hidden tab draws no frames. */
const POLL_INTERVAL_MS = 250;
/** Time without a snapshot that is due, after which the connection counts as stalled. */
const STALL_MS = 1000;
/** Maximum number of errors kept. */
const ERRORS_MAX = 20;
/** Maximum number of items of each kind that are kept until the next frame. A hidden tab draws no frames. */
const VISUAL_EVENTS_MAX = 64;
const FEED_ITEMS_MAX = 8;
const SNAPSHOTS_MAX = 512;

/**
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./scene.js').Phase} Phase
 * @typedef {import('../netcode/index.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('../netcode/index.js').SnapshotInfo} SnapshotInfo
 *
 * @typedef {object} JoinRequest
 * @property {string} url
 * @property {string} room empty for any room
 * @property {string} name
 * @property {boolean} isSpectator
 * @property {string | null} ticket required by servers with ticket authentication
 * @property {string | null} resume the resume token of the seat to resume
 * @property {import('../netcode/index.js').Game} game
 * @property {{readonly secret: string}} profile the player's profile
 * @property {import('./transport.js').Transport} transport
 */

/** A session in a room. */
export class Session {
  /**
   * @param {JoinRequest} request
   * @param {{width: number, height: number}} viewport
   * @param {() => import('../netcode/index.js').ControlsValue} controls the player's current controls
   * @param {import('./latency_lab.js').LatencyLab} lab
   */
  constructor(request, viewport, controls, lab) {
    this.request = request;
    this.controls = controls;
    this.lab = lab;
    this.client = new Client({
      url: request.url,
      role: request.isSpectator ? { kind: 'spectator' } : { kind: 'player', name: request.name },
      ticket: request.ticket,
      resume: request.resume,
      game: request.game,
      // Read for each connection, because another tab may have replaced the secret.
      get profile() { return request.isSpectator ? null : request.profile.secret; },
      viewport,
      openSocket: (url, protocol) => request.transport.open(url, protocol),
      now: ENVIRONMENT.now,
      random: ENVIRONMENT.random,
      techniques: lab.techniques,
      recordedSeconds: request.isSpectator ? 0 : RECORDED_S,
      onConnected: () => this.handleConnected(),
      onSnapshot: (effects, info) => this.handleSnapshot(effects, info),
      onError: (error) => this.handleError(error),
    });
    this.roster = new Roster();
    this.rounds = new Rounds();
    /** @type {number | null} */
    this.pollTimer = null;
    /** @type {AbortController | null} */
    this.listening = null;
    /** @type {{atMs: number, killer: import('./scene.js').PlayerRef | null} | null} */
    this.death = null;
    /** The death whose replay has not begun. @type {import('./session/instant_replay.js').Death | null} */
    this.unseenDeath = null;
    /** @type {InstantReplay | null} */
    this.instantReplay = null;
    /** @type {import('./scene.js').Point | null} last position of the local ship */
    this.lastPosition = null;
    this.lastSnapshotMs = 0;
    /** Whether the player had a seat on the previous connection, or before the page was reloaded. */
    this.hadSeat = request.resume !== null;
    /** @type {number | null} the first close code of the current outage; `null` if there is no outage */
    this.outageCode = null;
    this.newShipText = '';
    /** @type {import('../netcode/index.js').ArenaMap | null} the newest map of the arena */
    this.map = null;
    /** Whether a replay jumped to another tick since the last frame. */
    this.isCut = false;
    /** @type {import('./scene.js').VisualEvent[]} */
    this.visualEvents = [];
    /** @type {import('./scene.js').FeedItem[]} */
    this.feedItems = [];
    /** @type {SnapshotInfo[]} received since the last frame */
    this.snapshots = [];
    /** @type {WeakMap<SnapshotEffects, import('./scene.js').FeedItem[]>} feed items of ticks that are not drawn yet */
    this.pendingFeedItems = new WeakMap();
    /** @type {string[]} */
    this.errors = [];
  }

  /** @returns {import('../netcode/index.js').Connection} the connection to draw */
  get connection() {
    return this.client.connection;
  }

  /** Joins the room. */
  start() {
    this.client.open();
    this.pollTimer = window.setInterval(() => this.poll(), POLL_INTERVAL_MS);
    this.listening = new AbortController();
    window.addEventListener('online', () => this.client.retry(), { signal: this.listening.signal });
  }

  /** Leaves the room. */
  stop() {
    if (this.pollTimer !== null) window.clearInterval(this.pollTimer);
    this.pollTimer = null;
    this.listening?.abort();
    this.client.leave();
  }

  /** Sends all messages that are due, and changes the transport if necessary. */
  poll() {
    if (this.client.state === 'waiting') this.outageCode ??= this.client.closeReason?.code ?? null;
    if (this.request.isSpectator) this.client.poll();
    else this.client.setControls(this.controls());
    this.request.transport.poll(this.client, ENVIRONMENT.now());
  }

  /**
   * Sends the controls, and returns what to draw.
   * @param {number} nowMs
   * @returns {Omit<Scene, 'bestText' | 'lifeText' | 'podiumText'>}
   */
  frame(nowMs) {
    this.poll();
    const { connection, roster } = this;
    const { welcome } = connection;
    for (const effects of connection.takeDueEffects(nowMs)) this.handleDueEffects(effects);
    const views = emptyViews();
    const tickRate = welcome?.rules.tickRate ?? 1;
    addViews(views, connection.sampleRemote(nowMs).values(), roster.players, tickRate);
    addViews(views, connection.sampleLocal(nowMs).entities.values(), roster.players, tickRate);
    const own = views.ships.find(({ isOwn }) => isOwn) ?? null;
    if (own) this.lastPosition = { x: own.x, y: own.y };
    return {
      ...views,
      ...this.linkState(nowMs),
      own,
      tick: connection.replica?.tick ?? null,
      worldSize: welcome?.rules.worldSize ?? 0,
      room: welcome?.room ?? this.request.room,
      player: welcome?.seat?.player ?? null,
      ghost: this.lab.showsGhost ? connection.sampleGhost(nowMs) : null,
      focus: this.focus(),
      map: this.map && mapView(this.map, welcome?.rules.worldSize ?? 0),
      players: roster.ranked,
      roundLeftS: roundLeftS(welcome, connection.replica?.tick ?? null),
      podium: this.rounds.podiumAt(nowMs),
      visualEvents: this.visualEvents.splice(0),
      feedItems: this.feedItems.splice(0),
      respawnMs: RESPAWN_MS,
      respawnInMs: this.death ? Math.max(this.death.atMs + RESPAWN_MS - nowMs, 0) : 0,
      killer: this.death?.killer ?? null,
      instantReplay: this.instantReplayAt(nowMs)?.frame(nowMs) ?? null,
      ...this.replayState(nowMs),
    };
  }

  /** The part of the scene that describes a replay. @param {number} nowMs */
  replayState(nowMs) {
    const { isCut } = this;
    this.isCut = false;
    const { playback } = this.client;
    if (!playback.isReplay) return { replay: null, isCut: false };
    const { interpolation, welcome, replica } = this.connection;
    const drawn = interpolation && replica?.tick != null ? Math.floor(interpolation.tickAt(nowMs)) >>> 0 : null;
    const replay = {
      tick: playback.seekingTo ?? drawn,
      tickRate: welcome?.tickRate ?? 1,
      isSeeking: playback.seekingTo !== null,
      isWaiting: interpolation?.bufferedTicks(nowMs) === 0,
      isPaused: playback.isPaused,
      quarters: playback.quarters,
    };
    return { replay, isCut };
  }

  /** Returns the instant replay of the last death while it is being shown. @param {number} nowMs */
  instantReplayAt(nowMs) {
    const { death, unseenDeath, connection } = this;
    if (death && unseenDeath && nowMs - death.atMs >= REPLAY_DELAY_S * 1000) {
      this.instantReplay = InstantReplay.of(connection.recording, unseenDeath, connection.welcome?.tickRate ?? 0);
      this.unseenDeath = null;
    }
    if (this.client.state !== 'connected' || this.instantReplay?.isOver(nowMs)) this.skipInstantReplay();
    return this.instantReplay;
  }

  /** Ends the instant replay. */
  skipInstantReplay() {
    this.instantReplay = null;
  }

  /** @returns {number} time without a snapshot after which the connection counts as stalled */
  stallMs() {
    return STALL_MS + (this.connection.welcome?.pace === 'onDemand' ? IDLE_INTERVAL_MS : 0);
  }

  /** The part of the scene that describes the connection. @param {number} nowMs */
  linkState(nowMs) {
    const snapshotAgeMs = Math.max(nowMs - this.lastSnapshotMs, 0);
    const newShip = this.newShipText;
    this.newShipText = '';
    return {
      phase: this.phase(),
      isSpectator: this.request.isSpectator,
      rttMs: this.connection.rttMs,
      snapshotAgeMs,
      // Replays send no snapshots during a pause and at their end.
      isStalled: this.client.state === 'connected' && snapshotAgeMs > this.stallMs() && !this.client.playback.isReplay,
      reconnection: this.reconnection(nowMs),
      closeCode: this.client.closeReason?.code ?? null,
      closeText: this.client.closeReason?.text ?? '',
      newShipText: newShip,
    };
  }

  /** @returns {Phase} */
  phase() {
    const { state } = this.client;
    if (state === 'closed' || state === 'connecting') return state;
    if (state !== 'connected') return 'reconnecting';
    if (this.request.isSpectator) return 'spectating';
    return this.death ? 'dead' : 'playing';
  }

  /** @param {number} nowMs @returns {import('./scene.js').Reconnection | null} */
  reconnection(nowMs) {
    const { state, attempts, retryAt, retryDelayMs } = this.client;
    if (state !== 'waiting' && state !== 'reconnecting') return null;
    return { attempt: attempts, inMs: state === 'waiting' ? Math.max(retryAt - nowMs, 0) : 0, delayMs: retryDelayMs };
  }

  /** @returns {import('./scene.js').Point | null} */
  focus() {
    const center = (this.connection.welcome?.rules.worldSize ?? 0) / 2;
    return this.request.isSpectator ? null : this.lastPosition ?? { x: center, y: center };
  }

  /** Discards state from the previous connection. */
  handleConnected() {
    this.noteNewShip();
    this.death = null;
    this.unseenDeath = null;
    this.skipInstantReplay();
    this.visualEvents = [];
    this.feedItems = [];
    this.map = null;
    this.rounds.reset();
  }

  /** If the server did not keep the player's seat, sets `newShipText`. The roster still contains the previous score. */
  noteNewShip() {
    const seat = this.client.connection.welcome?.seat ?? null;
    const score = this.roster.ranked.find(({ isOwn }) => isOwn)?.score ?? 0;
    if (seat && !seat.resumed && this.hadSeat) this.newShipText = newShipText(this.outageCode, score);
    this.hadSeat = seat !== null;
    this.outageCode = null;
  }

  /** @param {SnapshotEffects} effects @param {SnapshotInfo} info */
  handleSnapshot(effects, info) {
    const { replica, welcome } = this.connection;
    if (!replica || !welcome) return;
    this.lastSnapshotMs = info.at;
    this.request.transport.handleSnapshot(this.connection, info.at);
    pushBounded(this.snapshots, [info], SNAPSHOTS_MAX);
    const player = welcome.seat?.player ?? null;
    this.roster.localPlayer = player;
    this.pendingFeedItems.set(effects, feedItemsIn(effects, this.roster));
    this.rounds.handleSnapshot(effects, this.roster, performance.now());
    this.roster.update(replica);
    if (player === null) return;
    pushBounded(this.visualEvents, visualEventsIn(effects, player).filter(({ isOwn }) => isOwn), VISUAL_EVENTS_MAX);
    for (const event of effects.events) {
      if (event.kind !== 'destroyed' || event.victim !== player) continue;
      const { by } = event;
      const killer = by.kind === 'player' ? this.roster.find(by.player) : null;
      this.death = { atMs: performance.now(), killer };
      this.unseenDeath = { tick: effects.tick, player, killer };
      this.skipInstantReplay();
    }
    if (replica.entities.has(player)) this.death = null;
  }

  /** @param {SnapshotEffects} effects of a tick that is drawn now */
  handleDueEffects(effects) {
    this.isCut ||= effects.full && this.client.playback.isReplay;
    const player = this.connection.welcome?.seat?.player ?? null;
    pushBounded(this.visualEvents, visualEventsIn(effects, player).filter(({ isOwn }) => !isOwn), VISUAL_EVENTS_MAX);
    pushBounded(this.feedItems, this.pendingFeedItems.get(effects) ?? [], FEED_ITEMS_MAX);
    for (const event of effects.events) {
      if (event.kind === 'map') this.map = event;
    }
  }

  /** Statistics of the connection, for tests. @param {number} nowMs */
  netStatistics(nowMs) {
    const { localPlayer, clock, interpolation, statistics, welcome } = this.connection;
    return {
      reconnects: this.client.reconnects,
      resumed: welcome?.seat?.resumed ?? false,
      leadTicks: localPlayer?.lead.ticksAt(nowMs) ?? 0,
      delayTicks: interpolation?.delayTicksAt(nowMs) ?? 0,
      jitterTicks: clock?.jitterTicks ?? 0,
      corrections: statistics.corrections,
      lateInputs: statistics.lateInputs,
      lostTicks: statistics.lostTicks,
    };
  }

  /** @param {Error} error */
  handleError(error) {
    pushBounded(this.errors, [`${error.name}: ${error.message}`], ERRORS_MAX);
  }
}

/**
 * Appends to a list. Drops its oldest items if it would be longer than `max`.
 * @template T
 * @param {T[]} list
 * @param {T[]} added
 * @param {number} max
 */
function pushBounded(list, added, max) {
  list.push(...added);
  list.splice(0, Math.max(list.length - max, 0));
}
