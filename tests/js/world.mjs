// @ts-check
/** Builders of small worlds for tests. */

import { Controls, HULL_FULL, Position } from '../../web/netcode/index.js';

const FULL_VIEW = { left: 0, top: 0, right: 255, bottom: 255 };

/** @param {number | null} player @returns {any} */
export function welcomeOf(player) {
  const seat = player === null ? null : { player, token: '00'.repeat(16), resumed: false };
  const rules = { tickRate: 30, worldSize: 4096, roundS: 0 };
  return { kind: 'welcome', seat, room: 'test', tickRate: 30, pace: 'steady', cellSize: 128, rules };
}

/** @param {number} x @param {number} y in units @returns {any} */
export function shipAt(x, y) {
  const position = { x: x * Position.UNIT, y: y * Position.UNIT, vx: 0, vy: 0, heading: 0 };
  const counters = { cooldown: 0, shot: 0, hull: HULL_FULL, protection: 0, recharge: 0, orbs: 0, levels: [0, 0, 0, 0] };
  return { kind: 'ship', ...position, controls: Controls.NONE, ...counters };
}

export const change = {
  upsert: (/** @type {number} */ id, /** @type {any} */ entity) => ({ kind: 'upsert', id, entity }),
  controls: (/** @type {number} */ id, /** @type {any} */ controls) => ({ kind: 'controls', id, controls }),
  despawn: (/** @type {number} */ id) => ({ kind: 'despawn', id }),
};

/** @param {{full?: number | null, changes?: any[], room?: any[]}} parts @returns {any} */
export function snapshotOf({ full = null, changes = [], room = [] }) {
  const header = { full, report: null, view: full === null ? null : FULL_VIEW, checksum: null };
  return { kind: 'snapshot', header, room, changes };
}
