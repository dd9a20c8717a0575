// @ts-check
/** Small worlds to test with. */

import { Controls, HULL_FULL, Position } from '../../web/netcode/index.js';

const EVERYTHING = { left: 0, top: 0, right: 255, bottom: 255 };

/** @param {number | null} player @returns {any} */
export function welcomeOf(player) {
  const seat = player === null ? null : { player, token: '00'.repeat(16), resumed: false };
  return { kind: 'welcome', seat, room: 'test', tickRate: 30, cellSize: 128, rules: { tickRate: 30, worldSize: 4096 } };
}

/** @param {number} x @param {number} y in units @returns {any} */
export function shipAt(x, y) {
  const place = { x: x * Position.UNIT, y: y * Position.UNIT, vx: 0, vy: 0, heading: 0 };
  return { kind: 'ship', ...place, controls: Controls.NONE, cooldown: 0, shot: 0, hull: HULL_FULL, protection: 0 };
}

export const change = {
  set: (/** @type {number} */ id, /** @type {any} */ entity) => ({ kind: 'set', id, entity }),
  steer: (/** @type {number} */ id, /** @type {any} */ controls) => ({ kind: 'steer', id, controls }),
  remove: (/** @type {number} */ id) => ({ kind: 'remove', id }),
};

/** @param {{reset?: number | null, changes?: any[], room?: any[]}} parts @returns {any} */
export function snapshotOf({ reset = null, changes = [], room = [] }) {
  const header = { reset, report: null, view: reset === null ? null : EVERYTHING, checksum: null };
  return { kind: 'snapshot', header, room, changes };
}
