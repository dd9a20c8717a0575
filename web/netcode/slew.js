// @ts-check
/** A number that follows another one, evenly. It reads no clock: times in milliseconds are given to it. */

import { clamp } from './units.js';

/** How fast it follows, in ticks per tick: time never runs visibly faster or slower. */
const RATE = 0.1;
/** From further than this, in ticks, it jumps: going there would take seconds. */
const BEHIND_TICKS_MAX = 10;

/** A number of ticks that follows another one without a jump. */
export class Slew {
  #perMs;
  /** @type {{ticks: number, at: number} | null} */
  #last = null;

  /** @param {number} tickRate */
  constructor(tickRate) {
    this.#perMs = (RATE * tickRate) / 1000;
  }

  /** Follows from the next target on, wherever that is. */
  forget() {
    this.#last = null;
  }

  /**
   * @param {number} target where to go
   * @param {number} now
   * @returns {number} how far it is by now
   */
  follow(target, now) {
    const last = this.#last;
    const isLost = last === null || Math.abs(target - last.ticks) > BEHIND_TICKS_MAX;
    const reach = last === null ? 0 : Math.max(now - last.at, 0) * this.#perMs;
    const ticks = isLost ? target : clamp(target, last.ticks - reach, last.ticks + reach);
    this.#last = { ticks, at: Math.max(now, last?.at ?? now) };
    return ticks;
  }
}
