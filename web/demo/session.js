// @ts-check
// One stay in a room: the netcode's parts, put together into one scene per frame.
//
// One's own ship and bullets come from the prediction, ahead of the server; everything else from the interpolation, a
// little behind it. What flares up is shown with the picture it belongs to: at once for one's own things, later for the
// rest.

import { LaggedSocket, Stay } from '../netcode/index.js';
import { happeningsIn, newsIn } from './session/happenings.js';
import { Roster } from './session/roster.js';
import { addThings, nothing } from './session/views.js';

/** How long a ship takes to come back: a rule of the server's, here only for the countdown. */
const RESPAWN_MS = 2000;
/** How often the connection is given time while no frames are drawn: in a hidden tab. */
const POLL_EVERY_MS = 250;
/** Errors that are kept for whoever asks. */
const ERRORS_MAX = 20;
/** What is kept for the next frame, which a hidden tab does not draw: as much as anybody could take in at once. */
const HAPPENINGS_MAX = 64;
const NEWS_MAX = 8;
const RECEIVED_MAX = 512;

/** What the netcode does without, and a page has. */
const SURROUNDINGS = Object.freeze({
  now: () => performance.now(),
  later: (/** @type {() => void} */ run, /** @type {number} */ ms) => window.setTimeout(run, ms),
  random: () => Math.random(),
});

/**
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./scene.js').Phase} Phase
 * @typedef {import('../netcode/replica.js').Applied} Applied
 *
 * @typedef {object} Wish what a player asks for
 * @property {string} url
 * @property {string} room empty for any
 * @property {string} name
 * @property {boolean} watches whether it is a spectator
 * @property {string | null} ticket to be let in, where the server asks for tickets
 * @property {string | null} resume the token of a seat to take again
 */

/** One stay in a room. */
export class Session {
  /**
   * @param {Wish} wish
   * @param {{width: number, height: number}} viewport
   * @param {() => import('./input.js').Held} held what the player holds now
   * @param {import('./lab.js').Lab} lab
   */
  constructor(wish, viewport, held, lab) {
    this.wish = wish;
    this.held = held;
    this.lab = lab;
    this.stay = new Stay({
      url: wish.url,
      role: wish.watches ? { kind: 'spectator' } : { kind: 'player', name: wish.name },
      ticket: wish.ticket,
      resume: wish.resume,
      viewport,
      openSocket: (url, protocol) => new LaggedSocket(new WebSocket(url, protocol), lab.line, SURROUNDINGS),
      now: SURROUNDINGS.now,
      random: SURROUNDINGS.random,
      techniques: lab.techniques,
      onConnection: () => this.handleConnection(),
      onSnapshot: (applied, received) => this.handleSnapshot(applied, received),
      onRefusal: (error) => this.note(error),
    });
    this.roster = new Roster();
    /** @type {number | null} */
    this.polling = null;
    /** @type {AbortController | null} */
    this.listening = null;
    /** @type {{atMs: number, killer: import('./scene.js').Actor | null} | null} */
    this.death = null;
    /** @type {import('./scene.js').Place | null} where the own ship was last */
    this.place = null;
    this.heardMs = 0;
    /** @type {import('./scene.js').Happening[]} */
    this.happenings = [];
    /** @type {import('./scene.js').News[]} */
    this.news = [];
    /** @type {import('../netcode/connection.js').Received[]} what came since somebody asked */
    this.received = [];
    /** @type {WeakMap<Applied, import('./scene.js').News[]>} what ticks brought that the picture has not reached */
    this.untold = new WeakMap();
    /** @type {string[]} */
    this.errors = [];
  }

  /** @returns {import('../netcode/index.js').Connection} what is drawn */
  get connection() {
    return this.stay.connection;
  }

  /** Enters. */
  start() {
    this.stay.open();
    this.polling = window.setInterval(() => this.poll(), POLL_EVERY_MS);
    this.listening = new AbortController();
    window.addEventListener('online', () => this.stay.retry(), { signal: this.listening.signal });
  }

  /** Leaves. */
  stop() {
    if (this.polling !== null) window.clearInterval(this.polling);
    this.polling = null;
    this.listening?.abort();
    this.stay.leave();
  }

  /** Passes on what the player holds. */
  poll() {
    if (this.wish.watches) this.stay.poll();
    else this.stay.hold(this.held());
  }

  /**
   * Passes on what the player holds, and says what to show.
   * @param {number} nowMs
   * @returns {Scene}
   */
  frame(nowMs) {
    this.poll();
    const { connection, roster } = this;
    const { welcome } = connection;
    for (const applied of connection.takeDue(nowMs)) this.handleDue(applied);
    const things = nothing();
    addThings(things, connection.sampleOthers(nowMs).values(), roster.members);
    addThings(things, connection.sampleOwn(nowMs).entities.values(), roster.members);
    const own = things.ships.find(({ isOwn }) => isOwn) ?? null;
    if (own) this.place = { x: own.x, y: own.y };
    return {
      ...things,
      own,
      phase: this.phase(),
      tick: connection.replica?.tick ?? null,
      worldSize: welcome?.rules.worldSize ?? 0,
      room: welcome?.room ?? this.wish.room,
      player: welcome?.seat?.player ?? null,
      ghost: this.lab.showsGhost ? connection.sampleGhost(nowMs) : null,
      focus: this.focus(),
      members: roster.ranked,
      happenings: this.happenings.splice(0),
      news: this.news.splice(0),
      respawnMs: RESPAWN_MS,
      respawnInMs: this.death ? Math.max(this.death.atMs + RESPAWN_MS - nowMs, 0) : 0,
      killer: this.death?.killer ?? null,
      rttMs: connection.rttMs,
      silentMs: Math.max(nowMs - this.heardMs, 0),
      comeback: this.comeback(nowMs),
      closeText: this.stay.closing?.text ?? '',
    };
  }

  /** @returns {Phase} */
  phase() {
    if (this.stay.state === 'ended') return 'closed';
    if (this.stay.state === 'entering') return 'connecting';
    if (this.stay.state !== 'staying') return 'returning';
    if (this.wish.watches) return 'watching';
    return this.death ? 'dead' : 'playing';
  }

  /** @param {number} nowMs @returns {import('./scene.js').Return | null} */
  comeback(nowMs) {
    const { state, attempts, retryAt, waitMs } = this.stay;
    if (state !== 'waiting' && state !== 'returning') return null;
    return { attempt: attempts, inMs: state === 'waiting' ? Math.max(retryAt - nowMs, 0) : 0, ofMs: waitMs };
  }

  /** @returns {import('./scene.js').Place | null} */
  focus() {
    const middle = (this.connection.welcome?.rules.worldSize ?? 0) / 2;
    return this.wish.watches ? null : this.place ?? { x: middle, y: middle };
  }

  /** What was known of the last connection's world is of no use in this one's. */
  handleConnection() {
    this.death = null;
    this.happenings = [];
    this.news = [];
  }

  /** @param {Applied} applied @param {import('../netcode/connection.js').Received} received */
  handleSnapshot(applied, received) {
    const { replica, welcome } = this.connection;
    if (!replica || !welcome) return;
    this.heardMs = received.at;
    keep(this.received, [received], RECEIVED_MAX);
    const player = welcome.seat?.player ?? null;
    this.roster.own = player;
    this.untold.set(applied, newsIn(applied, this.roster));
    this.roster.update(replica);
    if (player === null) return;
    keep(this.happenings, happeningsIn(applied, player).filter(({ isOwn }) => isOwn), HAPPENINGS_MAX);
    for (const { victim, by } of applied.events) {
      if (victim !== player) continue;
      const killer = by.kind === 'player' ? this.roster.actor(by.player) : null;
      this.death = { atMs: performance.now(), killer };
    }
    if (replica.entities.has(player)) this.death = null;
  }

  /** @param {Applied} applied a tick that the picture has reached */
  handleDue(applied) {
    const player = this.connection.welcome?.seat?.player ?? null;
    keep(this.happenings, happeningsIn(applied, player).filter(({ isOwn }) => !isOwn), HAPPENINGS_MAX);
    keep(this.news, this.untold.get(applied) ?? [], NEWS_MAX);
  }

  /** How the netcode does, for those who measure it. @param {number} nowMs */
  net(nowMs) {
    const { own, clock, interpolation, statistics, welcome } = this.connection;
    return {
      returns: this.stay.returns,
      resumed: welcome?.seat?.resumed ?? false,
      leadTicks: own?.lead.ticksAt(nowMs) ?? 0,
      delayTicks: interpolation?.delayTicksAt(nowMs) ?? 0,
      jitterTicks: clock?.jitterTicks ?? 0,
      corrections: statistics.corrections,
      lateInputs: statistics.lateInputs,
    };
  }

  /** @param {Error} error */
  note(error) {
    keep(this.errors, [`${error.name}: ${error.message}`], ERRORS_MAX);
  }
}

/**
 * Adds to a list that keeps its newest.
 * @template T
 * @param {T[]} list
 * @param {T[]} added
 * @param {number} max
 */
function keep(list, added, max) {
  list.push(...added);
  list.splice(0, Math.max(list.length - max, 0));
}
