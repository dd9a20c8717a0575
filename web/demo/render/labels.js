// @ts-check
// The names under the ships, in CSS pixels, so that they are crisp at any scale.

import { COLOURS, FONT } from '../theme.js';

/** Below the ship's middle: in world units, and in pixels on top. */
const BELOW = 27;
const GAP_PX = 13;
const LINE_PX = 14;

/** Names that are measured; more are measured anew. */
const WIDTHS_MAX = 256;

/** @type {Map<string, number>} how wide each name is, in pixels */
const widths = new Map();

/** @typedef {{ship: import('../scene.js').ShipView, x: number, y: number, halfWidth: number}} Label */

/**
 * Writes the names of the ships in view. Where two would overlap, the one that matters less is left out.
 * @param {import('../render.js').Brush} brush
 * @param {import('../scene.js').ShipView[]} ships
 */
export function drawLabels(brush, ships) {
  const { context, camera } = brush;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  /** @type {Label[]} */
  const written = [];
  const seen = ships.filter(({ x, y }) => camera.sees(x, y, BELOW * 3));
  for (const ship of seen.sort((a, b) => weight(b) - weight(a) || a.id - b.id)) {
    const label = labelOf(brush, ship);
    if (written.some((other) => overlap(label, other))) continue;
    written.push(label);
    context.font = font(ship);
    context.fillStyle = ship.isOwn ? COLOURS.own : ship.isDrone ? COLOURS.quiet : COLOURS.text;
    context.strokeText(ship.name, label.x, label.y);
    context.fillText(ship.name, label.x, label.y);
  }
}

/** @param {import('../scene.js').ShipView} ship */
function weight({ isOwn, isDrone }) {
  return isOwn ? 2 : isDrone ? 0 : 1;
}

/** @param {import('../scene.js').ShipView} ship */
function font({ isOwn, isDrone }) {
  return `${isOwn ? 650 : 500} ${isDrone ? 11 : 12}px ${FONT}`;
}

/**
 * @param {import('../render.js').Brush} brush
 * @param {import('../scene.js').ShipView} ship
 * @returns {Label}
 */
function labelOf({ context, camera, glyphScale }, ship) {
  const { x, y } = camera.toScreen(ship.x, ship.y);
  return { ship, x, y: y + BELOW * camera.scale * glyphScale + GAP_PX, halfWidth: widthOf(context, ship) / 2 };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('../scene.js').ShipView} ship
 */
function widthOf(context, ship) {
  const key = `${weight(ship)}${ship.name}`;
  const known = widths.get(key);
  if (known !== undefined) return known;
  if (widths.size >= WIDTHS_MAX) widths.clear();
  context.font = font(ship);
  const { width } = context.measureText(ship.name);
  widths.set(key, width);
  return width;
}

/** @param {Label} a @param {Label} b */
function overlap(a, b) {
  return Math.abs(a.y - b.y) < LINE_PX && Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth;
}
