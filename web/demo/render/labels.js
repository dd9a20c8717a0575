// @ts-check
// The names under the ships, in CSS pixels, so that they are crisp at any scale.

import { COLOURS, FONT } from '../theme.js';

/** Below the ship's middle: in world units, and in pixels on top. */
const BELOW = 27;
const GAP_PX = 13;

/**
 * Writes the names of the ships in view.
 * @param {import('../render.js').Brush} brush
 * @param {import('../scene.js').ShipView[]} ships
 */
export function drawLabels({ context, camera, glyphScale }, ships) {
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  for (const ship of ships) {
    if (!camera.sees(ship.x, ship.y, BELOW * 3)) continue;
    const { x, y } = camera.toScreen(ship.x, ship.y);
    const at = y + BELOW * camera.scale * glyphScale + GAP_PX;
    context.font = `${ship.isOwn ? 650 : 500} ${ship.isDrone ? 11 : 12}px ${FONT}`;
    context.fillStyle = ship.isOwn ? COLOURS.own : ship.isDrone ? COLOURS.quiet : COLOURS.text;
    context.strokeText(ship.name, x, at);
    context.fillText(ship.name, x, at);
  }
}
