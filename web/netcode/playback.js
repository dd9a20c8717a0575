// @ts-check
/** Control of a replay: position, speed and pause. */

import { PlaybackBuffer } from './playback_buffer.js';

/**
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./rules.js').Rules} Rules
 */

/** Matches the URL of a replay. */
const REPLAY_URL = /[?&]replay=/;
/** The speed of a replay at first. */
const REAL_TIME_QUARTERS = 4;
/**
 * Minimum interval between two seeks. While the user drags the position, only the newest position is sent, because for each
 * seek the server may simulate up to a minute of the match.
 */
const SEEK_INTERVAL_MS = 250;
/** After this time without the full snapshot that answers a seek, the seek counts as lost, and the next one may be sent. */
const ANSWER_MS_MAX = 2000;

/** Controls a replay. Only connections whose URL contains `replay=` have one; the others must not call these methods. */
export class Playback {
  #send;
  #now;
  #quarters = REAL_TIME_QUARTERS;
  #paused = false;
  /** The tick of a seek that was requested, but not sent yet. @type {number | null} */
  #wanted = null;
  /** The tick of the seek that was sent, but not answered yet. @type {number | null} */
  #sought = null;
  #soughtAt = -Infinity;
  /** The ticks to draw; `null` before the Welcome. @type {PlaybackBuffer | null} */
  #buffer = null;

  /** @param {string} url @param {(message: ClientMessage) => void} send @param {() => number} now */
  constructor(url, send, now) {
    /** Whether the connection plays a replay. */
    this.isReplay = REPLAY_URL.test(url);
    this.#send = send;
    this.#now = now;
  }

  /** @returns {number} the speed in quarters of real time */
  get quarters() {
    return this.#quarters;
  }

  /** @returns {number} the requested speed, as a multiple of real time, also during a pause */
  get speed() {
    return this.#quarters / REAL_TIME_QUARTERS;
  }

  get isPaused() {
    return this.#paused;
  }

  /** @returns {number | null} the tick of the newest seek; `null` if its snapshot has arrived */
  get seekingTo() {
    return this.#wanted ?? this.#sought;
  }

  /** Continues at this tick, or at the nearest one that can be played. @param {number} tick */
  seek(tick) {
    this.#expectReplay();
    this.#wanted = tick;
    this.poll();
  }

  /** @param {number} quarters the speed in quarters of real time: an integer from 1 to `SPEED_QUARTERS_MAX` */
  setSpeed(quarters) {
    this.#quarters = quarters;
    this.#request({ kind: 'speed', quarters });
    this.#buffer?.setSpeed(this.speed, this.#now());
  }

  /** Pauses the replay, or continues it. @param {boolean} paused */
  pause(paused) {
    this.#paused = paused;
    this.#request({ kind: 'pause', paused });
    this.#buffer?.setPaused(paused, this.#now());
  }

  /** Sends a seek if one is due. Call it regularly. */
  poll() {
    const now = this.#now();
    const waitMs = this.#sought === null ? SEEK_INTERVAL_MS : ANSWER_MS_MAX;
    if (this.#buffer === null || this.#wanted === null || now - this.#soughtAt < waitMs) {
      return;
    }
    this.#sought = this.#wanted;
    this.#soughtAt = now;
    this.#wanted = null;
    this.#send({ kind: 'seek', tick: this.#sought });
  }

  /** Requests what was requested from an earlier connection to the same replay. @param {Playback} earlier */
  continueFrom(earlier) {
    this.#quarters = earlier.#quarters;
    this.#paused = earlier.#paused;
    this.#wanted = earlier.seekingTo;
  }

  /**
   * Sends the requests that were made before the Welcome arrived.
   * @param {Rules} rules
   * @param {import('./game.js').Game} game
   * @returns {PlaybackBuffer | null} the ticks to draw; `null` if this is not a replay
   */
  handleWelcome(rules, game) {
    if (!this.isReplay) {
      return null;
    }
    this.#buffer = new PlaybackBuffer(rules, game);
    if (this.#quarters !== REAL_TIME_QUARTERS) {
      this.setSpeed(this.#quarters);
    }
    if (this.#paused) {
      this.pause(true);
    }
    return this.#buffer;
  }

  /** Handles a snapshot. A full one answers a seek. @param {boolean} isFull */
  handleSnapshot(isFull) {
    if (isFull) {
      this.#sought = null;
    }
  }

  /** Sends a message. Has no effect before the Welcome. @param {ClientMessage} message */
  #request(message) {
    this.#expectReplay();
    if (this.#buffer !== null) {
      this.#send(message);
    }
  }

  #expectReplay() {
    if (!this.isReplay) {
      throw new Error('this connection does not play a replay');
    }
  }
}
