// @ts-check
// Ships. Those of human players are swept arrows, those of AI players are pods, and the local ship is a filled arrow in a ring.
// Players can thus be distinguished by shape, not only by colour.

import { COLOURS, playerColour, playerMarking, withAlpha } from '../theme.js';
import { drawGlow } from './glow.js';
import { Sprite } from './sprite.js';

/** Radius of a ship with everything that is drawn around it, in units. */
const REACH = 60;
/** Value of `recharge` below which the long exhaust of a dash ends. */
const DASH_GLOW = 0.75;
/** Radius of a hull. */
const HULL_REACH = 24;
/** Radius of the ring and of the hull arc around a ship. */
const RING_RADIUS = 27;

const ARROW = new Path2D('M 21 0 L 3 6.5 L -6 15.5 L -14 14 L -9 5.5 L -12 0 L -9 -5.5 L -14 -14 L -6 -15.5 L 3 -6.5 Z');
const POD = new Path2D('M 17 0 L 8 10.5 L -8 12.5 L -14 6 L -10 0 L -14 -6 L -8 -12.5 L 8 -10.5 Z');
const OWN = new Path2D('M 22 0 L 3 5.5 L -4 16 L -16 16.5 L -10 6 L -13 0 L -10 -6 L -16 -16.5 L -4 -16 L 3 -5.5 Z');
const CROWN = new Path2D('M -9 -41 L -7 -33 L 7 -33 L 9 -41 L 4 -37 L 0 -43 L -4 -37 Z');
const CANOPY = new Path2D('M 11 0 L 1 3.2 L -4 0 L 1 -3.2 Z');
/** Hull markings, by `playerMarking`. */
const MARKING_PATHS = Object.freeze([
  new Path2D('M -4 -9 L -4 9'),
  new Path2D('M -6 -10 L 1 0 L -6 10'),
  new Path2D('M -8 -8 L -8 -12 M -8 8 L -8 12 M -4 -5 L -4 5'),
  new Path2D('M 0 -6 L -7 0 L 0 6 M 7 -3.5 L 0 0 L 7 3.5'),
  new Path2D('M -9 0 L 9 0'),
]);

/** @type {Map<string, Sprite>} one sprite per combination of colour, shape and marking: a few dozen */
const hulls = new Map();

/**
 * Draws the visible ships, the local one on top.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').ShipView[]} ships
 * @param {import('./effects.js').Effects} effects
 */
export function drawShips(drawContext, ships, effects) {
  const visible = ships.filter((ship) => drawContext.camera.sees(ship.x, ship.y, REACH));
  visible.sort((a, b) => Number(a.isOwn) - Number(b.isOwn));
  for (const ship of visible) drawShip(drawContext, ship, effects.flash(ship.id, drawContext.nowMs));
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').ShipView} ship
 * @param {number} flash brightness of a recent hit, from 0 to 1
 */
function drawShip(drawContext, ship, flash) {
  const { context, zoom, glyphScale } = drawContext;
  const colour = playerColour(ship.player, ship.isOwn);
  context.save();
  context.translate(ship.x, ship.y);
  context.scale(glyphScale, glyphScale);
  if (ship.isOwn) drawRing(context);
  drawHullArc(context, ship);
  if (ship.isProtected) drawShield(drawContext, ship.id);
  if (ship.isLeader) drawCrown(context);
  context.rotate(ship.heading);
  if (ship.isThrusting || ship.recharge > DASH_GLOW) drawEngine(drawContext, ship, colour);
  if (ship.isOwn) drawGlow(context, COLOURS.own, 0, 0, 46, 0.3);
  hullSprite(ship, colour, zoom * glyphScale).draw(context);
  if (flash > 0) drawFlash(context, hullPath(ship), flash);
  context.restore();
}

/** @param {CanvasRenderingContext2D} context */
function drawCrown(context) {
  context.fillStyle = '#ffd66b';
  context.strokeStyle = COLOURS.hullInk;
  context.lineWidth = 1.5;
  context.stroke(CROWN);
  context.fill(CROWN);
}

/** @param {import('../scene.js').ShipView} ship */
function hullPath(ship) {
  return ship.isOwn ? OWN : ship.isAi ? POD : ARROW;
}

/** @param {CanvasRenderingContext2D} context */
function drawRing(context) {
  context.beginPath();
  context.arc(0, 0, RING_RADIUS, 0, 2 * Math.PI);
  context.strokeStyle = withAlpha(COLOURS.own, 0.38);
  context.lineWidth = 1.2;
  context.stroke();
}

/**
 * @param {import('../scene.js').ShipView} ship
 * @param {string} colour
 * @param {number} zoom
 */
function hullSprite(ship, colour, zoom) {
  const label = ship.isOwn ? 'own' : ship.isAi ? `ai ${colour}` : `${playerMarking(ship.player)} ${colour}`;
  const sprite = hulls.get(label) ?? new Sprite();
  hulls.set(label, sprite);
  sprite.paint(label, HULL_REACH, zoom, (spriteContext) => {
    spriteContext.lineJoin = 'round';
    if (ship.isOwn) drawOwnHull(spriteContext);
    else drawHull(spriteContext, ship, colour);
  });
  return sprite;
}

/** @param {CanvasRenderingContext2D} context */
function drawOwnHull(context) {
  context.fillStyle = COLOURS.own;
  context.fill(OWN);
  context.strokeStyle = '#fff3d6';
  context.lineWidth = 1.8;
  context.stroke(OWN);
  context.fillStyle = COLOURS.hullInk;
  context.fill(CANOPY);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('../scene.js').ShipView} ship
 * @param {string} colour
 */
function drawHull(context, ship, colour) {
  const path = hullPath(ship);
  context.fillStyle = COLOURS.hullInk;
  context.fill(path);
  context.fillStyle = withAlpha(colour, ship.isAi ? 0.16 : 0.32);
  context.fill(path);
  context.strokeStyle = colour;
  context.lineWidth = ship.isAi ? 1.5 : 2;
  context.stroke(path);
  context.lineWidth = 1.8;
  if (ship.isAi) drawEye(context, colour);
  else context.stroke(MARKING_PATHS[playerMarking(ship.player)]);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 */
function drawEye(context, colour) {
  context.beginPath();
  context.arc(3, 0, 3.4, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Path2D} path
 * @param {number} flash
 */
function drawFlash(context, path, flash) {
  context.globalAlpha = flash;
  context.fillStyle = COLOURS.flash;
  context.fill(path);
  drawGlow(context, COLOURS.flash, 0, 0, 40, 0.7);
  context.globalAlpha = 1;
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').ShipView} ship
 * @param {string} colour
 */
function drawEngine({ context, nowMs, reducedMotion }, ship, colour) {
  const flicker = reducedMotion ? 0.5 : (Math.sin(nowMs * 0.045 + ship.id) + Math.sin(nowMs * 0.083 + ship.id * 2) + 2) / 4;
  const length = 17 + flicker * 10 + Math.max(ship.recharge - DASH_GLOW, 0) * 110;
  drawGlow(context, colour, -17, 0, 26 + flicker * 6, 0.8);
  const tongue = (/** @type {number} */ reach, /** @type {number} */ width, /** @type {string} */ ink) => {
    context.beginPath();
    context.moveTo(-10, -width);
    context.quadraticCurveTo(-12 - reach * 0.4, -width * 0.8, -10 - reach, 0);
    context.quadraticCurveTo(-12 - reach * 0.4, width * 0.8, -10, width);
    context.fillStyle = ink;
    context.fill();
  };
  tongue(length, 5, withAlpha(colour, 0.75));
  tongue(length * 0.55, 2.8, '#ffffff');
}

/**
 * Draws the remaining hull as an arc below the ship. Undamaged ships of other players have no arc.
 * @param {CanvasRenderingContext2D} context
 * @param {import('../scene.js').ShipView} ship
 */
function drawHullArc(context, ship) {
  if (ship.hull >= 1 && !ship.isOwn) return;
  const half = 0.95;
  const from = Math.PI / 2 + half;
  const arc = (/** @type {number} */ part, /** @type {string} */ ink) => {
    context.beginPath();
    context.arc(0, 0, RING_RADIUS, from, from - 2 * half * part, true);
    context.strokeStyle = ink;
    context.stroke();
  };
  context.lineCap = 'round';
  context.lineWidth = 2.4;
  arc(1, withAlpha(COLOURS.text, 0.16));
  if (ship.hull > 0) arc(ship.hull, ship.hull <= 0.3 ? COLOURS.danger : withAlpha(COLOURS.text, 0.9));
  context.lineCap = 'butt';
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {number} id
 */
function drawShield({ context, nowMs, reducedMotion }, id) {
  const beat = reducedMotion ? 0.5 : (Math.sin(nowMs * 0.006 + id) + 1) / 2;
  const turn = reducedMotion ? 0 : nowMs * 0.0011;
  drawGlow(context, COLOURS.shield, 0, 0, 44, 0.3 + beat * 0.2);
  context.strokeStyle = withAlpha(COLOURS.shield, 0.55 + beat * 0.4);
  context.lineWidth = 1.8;
  for (let part = 0; part < 6; part += 1) {
    const from = turn + (part * Math.PI) / 3;
    context.beginPath();
    context.arc(0, 0, RING_RADIUS + 6 + beat * 1.5, from, from + 0.72);
    context.stroke();
  }
}
