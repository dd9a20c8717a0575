// @ts-check
/** What both sides must know of an arena. Mirrors `Rules` in `arena.rs`. */

import { Position } from './units.js';

/**
 * @typedef {object} Rules
 * @property {number} tickRate ticks a second
 * @property {number} worldSize the side of the square world, in units
 */

export const Rules = Object.freeze({
  /** @param {Rules} rules @returns {boolean} whether there is an arena with such rules */
  areSound: ({ tickRate, worldSize }) => tickRate >= 10 && tickRate <= 120 && worldSize >= 512 && worldSize <= 16_383,

  /** @param {Rules} rules @returns {number} the side of the world in 64ths of a unit, as positions count */
  extent: (rules) => rules.worldSize * Position.UNIT,

  /** @param {Rules} rules @param {number} ms @returns {number} how many ticks that time takes, at least one */
  ticks: (rules, ms) => Math.max(Math.floor((rules.tickRate * ms) / 1000), 1),
});
