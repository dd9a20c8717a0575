// @ts-check
// Soft light. It is drawn from one cached sprite per colour, because creating a gradient for every entity would be slow.

import { withAlpha } from '../theme.js';

const SIDE = 96;

/** @type {Map<string, HTMLCanvasElement>} */
const sprites = new Map();

/**
 * Draws a soft disc of light.
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour `#rrggbb`
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {number} alpha
 */
export function drawGlow(context, colour, x, y, radius, alpha) {
  const before = context.globalAlpha;
  context.globalAlpha = before * alpha;
  context.drawImage(glowSprite(colour), x - radius, y - radius, radius * 2, radius * 2);
  context.globalAlpha = before;
}

/** @param {string} colour */
function glowSprite(colour) {
  const cached = sprites.get(colour);
  if (cached) return cached;
  const canvas = document.createElement('canvas');
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext('2d');
  if (context) {
    const light = context.createRadialGradient(SIDE / 2, SIDE / 2, 0, SIDE / 2, SIDE / 2, SIDE / 2);
    light.addColorStop(0, withAlpha(colour, 0.85));
    light.addColorStop(0.25, withAlpha(colour, 0.38));
    light.addColorStop(0.6, withAlpha(colour, 0.09));
    light.addColorStop(1, withAlpha(colour, 0));
    context.fillStyle = light;
    context.fillRect(0, 0, SIDE, SIDE);
  }
  sprites.set(colour, canvas);
  return canvas;
}
