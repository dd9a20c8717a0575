// @ts-check
// Arrows near the window's edge that point to ships out of view: to the leader, and, if no other ship is in view, to the nearest
// ship. The arrows lie on an ellipse, so that they do not cover the corners of the window, which contain the HUD.

import { COLOURS, withAlpha } from '../theme.js';

/** Distance of the ellipse from the window's edge: in pixels, and the maximum as a fraction of the window. */
const MARGIN_PX = 84;
const MARGIN_FRACTION_MAX = 0.12;
/** Two arrows are at least this far from each other, in pixels. */
const DISTANCE_PX_MIN = 34;
const ARROW = new Path2D('M 13 0 L -7 -9 L -3 0 L -7 9 Z');
const CROWN = new Path2D('M -8 5 L -6.5 -2 L -3 1.5 L 0 -5 L 3 1.5 L 6.5 -2 L 8 5 Z');
const CROWN_COLOUR = '#ffd66b';
/** Distance of the crown from the arrow, towards the center of the window, in pixels. */
const CROWN_PX = 21;

/** @typedef {import('../scene.js').Point} Point */
/** @typedef {{x: number, y: number, angle: number}} Pointer */

/**
 * Draws the arrows. The context is scaled to CSS pixels.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').ShipView} own
 * @param {import('../scene.js').MapView} map
 * @param {import('../scene.js').ShipView[]} ships the ships in view
 */
export function drawPointers({ context, camera }, own, map, ships) {
  const isVisible = (/** @type {Point} */ { x, y }) => camera.sees(x, y, 0);
  const isAlone = !ships.some((ship) => !ship.isOwn && isVisible(ship));
  const nearest = isAlone ? nearestOf(map.ships.filter((ship) => !isVisible(ship)), own) : null;
  const leader = map.leader && !own.isLeader && !isVisible(map.leader) ? map.leader : null;
  const pointTo = (/** @type {Point} */ place) => pointer(camera, camera.toScreen(place.x, place.y));
  const toLeader = leader && pointTo(leader);
  const toNearest = nearest && pointTo(nearest);
  if (toNearest && !(toLeader && distance(toNearest, toLeader) < DISTANCE_PX_MIN)) {
    drawArrow(context, toNearest, COLOURS.danger);
  }
  if (toLeader) {
    drawArrow(context, toLeader, CROWN_COLOUR);
    drawCrown(context, toLeader);
  }
}

/**
 * Where an arrow lies that points to a place out of view.
 * @param {{width: number, height: number}} size of the window
 * @param {Point} place in pixels
 * @returns {Pointer}
 */
export function pointer({ width, height }, place) {
  const angle = Math.atan2(place.y - height / 2, place.x - width / 2);
  const [a, b] = [width, height].map((side) => side / 2 - Math.min(MARGIN_PX, side * MARGIN_FRACTION_MAX));
  const radius = (a * b) / Math.hypot(b * Math.cos(angle), a * Math.sin(angle));
  return { x: width / 2 + radius * Math.cos(angle), y: height / 2 + radius * Math.sin(angle), angle };
}

/**
 * @param {Point[]} places
 * @param {Point} from
 * @returns {Point | null}
 */
function nearestOf(places, from) {
  return places.reduce((/** @type {Point | null} */ best, place) => (
    best === null || distance(place, from) < distance(best, from) ? place : best
  ), null);
}

/** @param {Point} a @param {Point} b */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Pointer} pointer
 * @param {string} colour
 */
function drawArrow(context, { x, y, angle }, colour) {
  context.save();
  context.translate(x, y);
  context.rotate(angle);
  context.strokeStyle = COLOURS.ink;
  context.lineWidth = 3;
  context.stroke(ARROW);
  context.fillStyle = withAlpha(colour, 0.9);
  context.fill(ARROW);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Pointer} arrow
 */
function drawCrown(context, { x, y, angle }) {
  context.save();
  context.translate(x - CROWN_PX * Math.cos(angle), y - CROWN_PX * Math.sin(angle));
  context.strokeStyle = COLOURS.ink;
  context.lineWidth = 3;
  context.stroke(CROWN);
  context.fillStyle = CROWN_COLOUR;
  context.fill(CROWN);
  context.restore();
}
