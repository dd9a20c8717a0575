// @ts-check
// Draws bullets in the shooter's colour, with a white core. For users who cannot distinguish the colours, the shape also
// shows whose bullets they are: bullets of the local player are streaks, bullets of all others are diamonds.

import { COLOURS, playerColour } from '../theme.js';
import { drawGlow } from './glow.js';

const LENGTH = 22;
/** A diamond along the x axis, and the core in it. */
const diamond = new Path2D('M 12 0 L 0 -7 L -12 0 L 0 7 Z');
const core = new Path2D('M 6.5 0 L 0 -3 L -6.5 0 L 0 3 Z');

/**
 * Draws the visible bullets.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').BulletView[]} bullets
 */
export function drawBullets(drawContext, bullets) {
  const { context, camera } = drawContext;
  context.lineCap = 'round';
  for (const bullet of bullets) {
    if (camera.sees(bullet.x, bullet.y, LENGTH * 2)) drawBullet(drawContext, bullet);
  }
  context.lineCap = 'butt';
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').BulletView} bullet
 */
function drawBullet({ context, glyphScale }, bullet) {
  const colour = playerColour(bullet.player, bullet.isOwn);
  drawGlow(context, colour, bullet.x, bullet.y, 16 * glyphScale, 0.7);
  context.save();
  context.translate(bullet.x, bullet.y);
  context.rotate(bullet.heading);
  if (bullet.isOwn) drawStreak(context, colour, glyphScale);
  else drawDiamond(context, colour, glyphScale);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} glyphScale
 */
function drawStreak(context, colour, glyphScale) {
  const streak = (/** @type {number} */ length, /** @type {number} */ width, /** @type {string} */ ink) => {
    context.beginPath();
    context.moveTo(-length, 0);
    context.lineTo(3, 0);
    context.strokeStyle = ink;
    context.lineWidth = width * glyphScale;
    context.stroke();
  };
  context.globalAlpha = 0.45;
  streak(LENGTH, 3, colour);
  context.globalAlpha = 1;
  streak(LENGTH * 0.5, 4.4, colour);
  streak(5, 2.4, COLOURS.flash);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} glyphScale
 */
function drawDiamond(context, colour, glyphScale) {
  context.scale(glyphScale, glyphScale);
  context.fillStyle = colour;
  context.fill(diamond);
  context.fillStyle = COLOURS.flash;
  context.fill(core);
}
