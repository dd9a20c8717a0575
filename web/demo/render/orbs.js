// @ts-check
// Orbs: a glowing ring around a diamond.

import { COLOURS, withAlpha } from '../theme.js';
import { drawGlow } from './glow.js';
import { Sprite } from './sprite.js';

const RADIUS = 10;
const PULSE_MS = 1800;

const sprite = new Sprite();
const diamond = new Path2D('M 0 -6 L 4.4 0 L 0 6 L -4.4 0 Z');

/**
 * Draws the visible orbs.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').OrbView[]} orbs
 */
export function drawOrbs(drawContext, orbs) {
  for (const orb of orbs) {
    if (drawContext.camera.sees(orb.x, orb.y, RADIUS * 4)) drawOrb(drawContext, orb);
  }
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').OrbView} orb
 */
function drawOrb({ context, zoom, nowMs, reducedMotion, glyphScale }, orb) {
  const beat = reducedMotion ? 0.5 : (Math.sin(((nowMs + orb.id * 397) / PULSE_MS) * 2 * Math.PI) + 1) / 2;
  context.save();
  context.translate(orb.x, orb.y);
  context.scale(glyphScale, glyphScale);
  drawGlow(context, COLOURS.orb, 0, 0, 30 + beat * 6, 0.55 + beat * 0.2);
  sprite.paint('orb', RADIUS + 1, zoom * glyphScale, paintOrb);
  sprite.draw(context);
  context.restore();
}

/** @param {CanvasRenderingContext2D} spriteContext */
function paintOrb(spriteContext) {
  spriteContext.beginPath();
  spriteContext.arc(0, 0, RADIUS - 0.5, 0, 2 * Math.PI);
  spriteContext.strokeStyle = withAlpha(COLOURS.orb, 0.75);
  spriteContext.lineWidth = 1.4;
  spriteContext.stroke();
  spriteContext.fillStyle = '#e9fff7';
  spriteContext.fill(diamond);
}
