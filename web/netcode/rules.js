// @ts-check
/** The constants of an arena that the kernel needs. Mirrors the Rust `Rules` of the arena. */

import { Position } from './units.js';

/**
 * @typedef {object} Rules
 * @property {number} tickRate ticks per second
 * @property {number} worldSize side of the square world, in units
 * @property {number} roundS duration of a round in seconds; 0 if rounds do not end
 */

export const Rules = Object.freeze({
  /** @param {Rules} rules @returns {boolean} whether the values are in range */
  areValid: ({ tickRate, worldSize, roundS }) => {
    const isSize = worldSize >= 512 && worldSize <= 16_383;
    return tickRate >= 10 && tickRate <= 120 && isSize && (roundS === 0 || (roundS >= 15 && roundS <= 3600));
  },

  /** @param {Rules} rules @returns {number} side of the world in 64ths of a unit, like positions */
  extent: (rules) => rules.worldSize * Position.UNIT,

  /**
   * @param {Rules} rules @param {number} tick
   * @returns {number | null} the number of ticks from `tick` to the end of its round; `null` if rounds do not end
   */
  ticksToRoundEnd: ({ tickRate, roundS }, tick) => (roundS === 0 ? null : tickRate * roundS - (tick % (tickRate * roundS))),

  /** @param {Rules} rules @param {number} ms @returns {number} the duration in ticks, rounded down, at least one */
  ticks: (rules, ms) => Math.max(Math.floor((rules.tickRate * ms) / 1000), 1),
});
