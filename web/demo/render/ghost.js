// @ts-check
// The ghost: the local ship at the position where other players see it. The distance between ghost and ship shows how far the
// prediction is ahead.

import { COLOURS, withAlpha } from '../theme.js';

const OUTLINE = new Path2D('M 22 0 L 3 5.5 L -4 16 L -16 16.5 L -10 6 L -13 0 L -10 -6 L -16 -16.5 L -4 -16 L 3 -5.5 Z');

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').GhostView | null} ghost
 */
export function drawGhost({ context, glyphScale }, ghost) {
  if (!ghost) return;
  context.save();
  context.translate(ghost.x, ghost.y);
  context.scale(glyphScale, glyphScale);
  context.rotate(ghost.heading);
  context.strokeStyle = withAlpha(COLOURS.own, 0.85);
  context.lineWidth = 1.6;
  context.setLineDash([4, 3]);
  context.stroke(OUTLINE);
  context.restore();
}
