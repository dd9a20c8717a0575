// @ts-check
// Names below the ships. They are drawn in CSS pixels, so that they are sharp at any scale.

import { COLOURS, FONT } from '../theme.js';

/** Distance of a name from the ship's center: `BELOW` world units plus `GAP_PX` pixels. */
const BELOW = 27;
const GAP_PX = 13;
const LINE_PX = 14;

/** Maximum number of cached text widths. */
const WIDTHS_MAX = 256;

/** @type {Map<string, number>} text widths in pixels */
const widths = new Map();

/** @typedef {{ship: import('../scene.js').ShipView, x: number, y: number, halfWidth: number}} Label */

/**
 * Draws the names of the visible ships. If two names would overlap, draws only the name with the higher `priority`.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').ShipView[]} ships
 */
export function drawLabels(drawContext, ships) {
  const { context, camera } = drawContext;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  /** @type {Label[]} */
  const drawn = [];
  const visible = ships.filter(({ x, y }) => camera.sees(x, y, BELOW * 3));
  for (const ship of visible.sort((a, b) => priority(b) - priority(a) || a.id - b.id)) {
    const label = labelOf(drawContext, ship);
    if (drawn.some((other) => overlap(label, other))) continue;
    drawn.push(label);
    context.font = font(ship);
    context.fillStyle = ship.isOwn ? COLOURS.own : ship.isAi ? COLOURS.quiet : COLOURS.text;
    context.strokeText(textOf(ship), label.x, label.y);
    context.fillText(textOf(ship), label.x, label.y);
  }
}

/** The name, and the bounty as a number of orbs. @param {import('../scene.js').ShipView} ship */
function textOf({ name, bounty }) {
  return bounty > 0 ? `${name} ◆${bounty}` : name;
}

/** @param {import('../scene.js').ShipView} ship */
function priority({ isOwn, isAi }) {
  return isOwn ? 2 : isAi ? 0 : 1;
}

/** @param {import('../scene.js').ShipView} ship */
function font({ isOwn, isAi }) {
  return `${isOwn ? 650 : 500} ${isAi ? 11 : 12}px ${FONT}`;
}

/**
 * @param {import('../render.js').DrawContext} drawContext
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
  const key = `${priority(ship)}${textOf(ship)}`;
  const cached = widths.get(key);
  if (cached !== undefined) return cached;
  if (widths.size >= WIDTHS_MAX) widths.clear();
  context.font = font(ship);
  const { width } = context.measureText(textOf(ship));
  widths.set(key, width);
  return width;
}

/** @param {Label} a @param {Label} b */
function overlap(a, b) {
  return Math.abs(a.y - b.y) < LINE_PX && Math.abs(a.x - b.x) < a.halfWidth + b.halfWidth;
}
