// @ts-check
// One stay in a room: the netcode's parts, put together into one scene per frame.
//
// One's own ship and bullets come from the prediction, ahead of the server; everything else from the interpolation, a
// little behind it. What flares up is shown with the picture it belongs to: at once for one's own things, later for the
// rest.

import { Connection } from '../netcode/index.js';
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

/**
 * @typedef {import('./scene.js').Scene} Scene
 * @typedef {import('./scene.js').Phase} Phase
 * @typedef {import('../netcode/replica.js').Applied} Applied
 *
 * @typedef {object} Stay what a player asks for
 * @property {string} url
 * @property {string} room empty for any
 * @property {string} name
 * @property {boolean} watches whether it is a spectator
 */

/** One stay in a room. */
export class Session {
  /**
   * @param {Stay} stay
   * @param {{width: number, height: number}} viewport
   * @param {() => import('./input.js').Held} held what the player holds now
   */
  constructor(stay, viewport, held) {
    this.stay = stay;
    this.held = held;
    this.connection = new Connection({
      url: stay.url,
      role: stay.watches ? { kind: 'spectator' } : { kind: 'player', name: stay.name },
      viewport,
      openSocket: (url, protocol) => new WebSocket(url, protocol),
      now: () => performance.now(),
      onState: (state, closing) => this.handleState(state, closing),
      onSnapshot: (applied) => this.handleSnapshot(applied),
      onRefusal: (error) => this.note(error),
    });
    this.roster = new Roster();
    /** @type {number | null} */
    this.polling = null;
    /** @type {{atMs: number, text: string} | null} */
    this.closed = null;
    /** @type {{atMs: number, killer: import('./scene.js').Actor | null} | null} */
    this.death = null;
    /** @type {import('./scene.js').Place | null} where the own ship was last */
    this.place = null;
    this.heardMs = 0;
    /** @type {import('./scene.js').Happening[]} */
    this.happenings = [];
    /** @type {import('./scene.js').News[]} */
    this.news = [];
    /** @type {WeakMap<Applied, import('./scene.js').News[]>} what ticks brought that the picture has not reached */
    this.untold = new WeakMap();
    /** @type {string[]} */
    this.errors = [];
  }

  /** Connects. */
  start() {
    this.connection.open();
    this.polling = window.setInterval(() => this.poll(), POLL_EVERY_MS);
  }

  /** Leaves. */
  stop() {
    if (this.polling !== null) window.clearInterval(this.polling);
    this.polling = null;
    this.connection.close();
  }

  /** Passes on what the player holds. */
  poll() {
    if (this.stay.watches) this.connection.poll();
    else this.connection.hold(this.held());
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
    const atMs = this.closed ? Math.min(nowMs, this.closed.atMs) : nowMs;
    for (const applied of connection.takeDue(atMs)) this.handleDue(applied);
    const things = nothing();
    addThings(things, connection.sampleOthers(atMs).values(), roster.members);
    addThings(things, connection.sampleOwn(atMs).entities.values(), roster.members);
    const own = things.ships.find(({ isOwn }) => isOwn) ?? null;
    if (own) this.place = { x: own.x, y: own.y };
    return {
      ...things,
      own,
      phase: this.phase(),
      tick: connection.replica?.tick ?? null,
      worldSize: welcome?.rules.worldSize ?? 0,
      room: welcome?.room ?? this.stay.room,
      player: welcome?.seat?.player ?? null,
      focus: this.focus(),
      members: roster.ranked,
      happenings: this.happenings.splice(0),
      news: this.news.splice(0),
      respawnInMs: this.death ? Math.max(this.death.atMs + RESPAWN_MS - nowMs, 0) : 0,
      killer: this.death?.killer ?? null,
      rttMs: connection.rttMs,
      silentMs: Math.max(nowMs - this.heardMs, 0),
      closeText: this.closed?.text ?? '',
    };
  }

  /** @returns {Phase} */
  phase() {
    if (this.closed) return 'closed';
    if (this.connection.state !== 'playing') return 'connecting';
    if (this.stay.watches) return 'watching';
    return this.death ? 'dead' : 'playing';
  }

  /** @returns {import('./scene.js').Place | null} */
  focus() {
    const middle = (this.connection.welcome?.rules.worldSize ?? 0) / 2;
    return this.stay.watches ? null : this.place ?? { x: middle, y: middle };
  }

  /**
   * @param {import('../netcode/connection.js').ConnectionState} state
   * @param {import('../netcode/close.js').Closing | null} closing
   */
  handleState(state, closing) {
    if (state === 'closed') this.closed = { atMs: performance.now(), text: closing?.text ?? '' };
  }

  /** @param {Applied} applied */
  handleSnapshot(applied) {
    const { replica, welcome } = this.connection;
    if (!replica || !welcome) return;
    this.heardMs = performance.now();
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
