// @ts-check
// The events of a match that are marked on the timeline.

import { Tick } from '../../netcode/index.js';
import { text } from '../texts.js';

/** Maximum number of events that one tooltip describes. */
const DESCRIBED_MAX = 3;

/**
 * @typedef {object} Marker as the server sends it
 * @property {number} tick
 * @property {'join' | 'leave' | 'kill' | 'record'} kind
 * @property {string} player
 * @property {string} [other] whose ship the player destroyed; only for kills
 *
 * @typedef {object} PlacedMarker
 * @property {Marker} marker
 * @property {number} offset ticks since the beginning of the range
 */

/**
 * @param {Marker} marker
 * @returns {string}
 */
export function markerText({ kind, player, other }) {
  if (kind === 'kill') return other ? text('marker.kill', { player, other }) : text('marker.killUnnamed', { player });
  return text(`marker.${kind}`, { player });
}

/**
 * The markers in a range, in order.
 * @param {readonly Marker[]} markers
 * @param {number} firstTick
 * @param {number} length of the range, in ticks
 * @returns {PlacedMarker[]}
 */
export function placed(markers, firstTick, length) {
  return markers
    .map((marker) => ({ marker, offset: Tick.since(marker.tick, firstTick) }))
    .filter(({ offset }) => offset >= 0 && offset <= length)
    .sort((a, b) => a.offset - b.offset);
}

/**
 * The markers near a position, nearest first.
 * @param {readonly PlacedMarker[]} markers
 * @param {number} offset
 * @param {number} reach in ticks
 * @returns {PlacedMarker[]}
 */
export function near(markers, offset, reach) {
  const distance = (/** @type {PlacedMarker} */ marker) => Math.abs(marker.offset - offset);
  return markers.filter((marker) => distance(marker) <= reach).sort((a, b) => distance(a) - distance(b));
}

/**
 * Describes markers in up to three lines.
 * @param {readonly PlacedMarker[]} markers
 * @returns {string[]}
 */
export function descriptions(markers) {
  const lines = markers.slice(0, DESCRIBED_MAX).map(({ marker }) => markerText(marker));
  const left = markers.length - lines.length;
  return left > 0 ? [...lines, text('marker.more', { count: left })] : lines;
}

/**
 * The next marker after a position, or the last one before it. `null` if there is none.
 * @param {readonly PlacedMarker[]} markers in order
 * @param {number} offset
 * @param {1 | -1} direction
 * @param {number} margin markers that are at most this many ticks away are skipped
 */
export function adjacent(markers, offset, direction, margin) {
  return direction > 0
    ? markers.find((marker) => marker.offset > offset + margin) ?? null
    : markers.findLast((marker) => marker.offset < offset - margin) ?? null;
}
