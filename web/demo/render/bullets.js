// @ts-check
// Draws bullets as a white core in a streak of the shooter's colour.

import { COLOURS, playerColour } from '../theme.js';
import { drawGlow } from './glow.js';

const LENGTH = 22;

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
  const [cos, sin] = [Math.cos(bullet.heading), Math.sin(bullet.heading)];
  const streak = (/** @type {number} */ length, /** @type {number} */ width, /** @type {string} */ ink) => {
    context.beginPath();
    context.moveTo(bullet.x - cos * length, bullet.y - sin * length);
    context.lineTo(bullet.x + cos * 3, bullet.y + sin * 3);
    context.strokeStyle = ink;
    context.lineWidth = width * glyphScale;
    context.stroke();
  };
  drawGlow(context, colour, bullet.x, bullet.y, 16 * glyphScale, 0.7);
  context.globalAlpha = 0.45;
  streak(LENGTH, 3, colour);
  context.globalAlpha = 1;
  streak(LENGTH * 0.5, 4.4, colour);
  streak(5, 2.4, COLOURS.flash);
}
