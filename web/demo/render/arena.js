// @ts-check
// The background of the arena: sparse marks that make speed visible, and the border of the world.

import { COLOURS, withAlpha } from '../theme.js';

const MARK_SPACING = 256;
const MARK_LENGTH = 9;
/** Width of the glow inside the border, in units. */
const BORDER_DEPTH = 90;
const TICK_SPACING = 128;
const TICK_LENGTH = 22;
/** The area outside the world is filled to this distance beyond the window, in units: camera shake then shows no gaps. */
const OUTSIDE_MARGIN = 64;
const HATCH_SPACING = 26;

/** @type {CanvasPattern | string | null} */
let hatch = null;

/**
 * Draws the marks and the border.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {number} worldSize
 */
export function drawArena(drawContext, worldSize) {
  drawMarks(drawContext, worldSize);
  const { left, top, right, bottom } = drawContext.camera.bounds();
  if (left < BORDER_DEPTH || top < BORDER_DEPTH || right > worldSize - BORDER_DEPTH || bottom > worldSize - BORDER_DEPTH) {
    drawOutside(drawContext, worldSize);
    drawBorder(drawContext, worldSize);
  }
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {number} worldSize
 */
function drawMarks({ context, camera }, worldSize) {
  const { left, top, right, bottom } = camera.bounds();
  const first = (/** @type {number} */ at) => Math.max(Math.ceil(at / MARK_SPACING), 1) * MARK_SPACING;
  context.beginPath();
  for (let x = first(left); x < Math.min(right, worldSize); x += MARK_SPACING) {
    for (let y = first(top); y < Math.min(bottom, worldSize); y += MARK_SPACING) {
      context.moveTo(x - MARK_LENGTH, y);
      context.lineTo(x + MARK_LENGTH, y);
      context.moveTo(x, y - MARK_LENGTH);
      context.lineTo(x, y + MARK_LENGTH);
    }
  }
  context.strokeStyle = withAlpha(COLOURS.border, 0.2);
  context.lineWidth = 1 / camera.scale;
  context.stroke();
}

/**
 * Draws the outside of the world dark and hatched, to distinguish it from the arena.
 * @param {import('../render.js').DrawContext} drawContext
 * @param {number} worldSize
 */
function drawOutside({ context, camera }, worldSize) {
  const { left, top, right, bottom } = camera.bounds();
  const [inLeft, inRight] = [Math.max(left, 0), Math.min(right, worldSize)];
  for (const ink of ['rgba(1, 2, 8, 0.72)', hatching(context)]) {
    context.fillStyle = ink;
    fillBetween(context, left - OUTSIDE_MARGIN, top - OUTSIDE_MARGIN, 0, bottom + OUTSIDE_MARGIN);
    fillBetween(context, worldSize, top - OUTSIDE_MARGIN, right + OUTSIDE_MARGIN, bottom + OUTSIDE_MARGIN);
    fillBetween(context, inLeft, top - OUTSIDE_MARGIN, inRight, 0);
    fillBetween(context, inLeft, worldSize, inRight, bottom + OUTSIDE_MARGIN);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} left
 * @param {number} top
 * @param {number} right
 * @param {number} bottom
 */
function fillBetween(context, left, top, right, bottom) {
  if (left < right && top < bottom) context.fillRect(left, top, right - left, bottom - top);
}

/**
 * A pattern of slanted lines, created once.
 * @param {CanvasRenderingContext2D} context
 */
function hatching(context) {
  if (hatch) return hatch;
  const tile = document.createElement('canvas');
  [tile.width, tile.height] = [HATCH_SPACING, HATCH_SPACING];
  const spriteContext = tile.getContext('2d');
  if (spriteContext) {
    spriteContext.strokeStyle = withAlpha(COLOURS.border, 0.14);
    spriteContext.lineWidth = 1.6;
    for (const shift of [-1, 0, 1]) {
      spriteContext.moveTo((shift - 0.5) * HATCH_SPACING, 1.5 * HATCH_SPACING);
      spriteContext.lineTo((shift + 1.5) * HATCH_SPACING, -0.5 * HATCH_SPACING);
    }
    spriteContext.stroke();
  }
  hatch = context.createPattern(tile, 'repeat') ?? COLOURS.ink;
  return hatch;
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {number} worldSize
 */
function drawBorder({ context, camera }, worldSize) {
  drawBorderGlow(context, worldSize);
  context.strokeStyle = COLOURS.border;
  context.lineWidth = 2 / camera.scale;
  context.strokeRect(0, 0, worldSize, worldSize);
  drawTicks(context, camera, worldSize);
}

/**
 * Draws the glow along all four sides, which fades towards the inside.
 * @param {CanvasRenderingContext2D} context
 * @param {number} worldSize
 */
function drawBorderGlow(context, worldSize) {
  const far = worldSize - BORDER_DEPTH;
  for (const [x, y, width, height, fromX, fromY, toX, toY] of [
    [0, 0, worldSize, BORDER_DEPTH, 0, 0, 0, BORDER_DEPTH],
    [0, far, worldSize, BORDER_DEPTH, 0, worldSize, 0, far],
    [0, 0, BORDER_DEPTH, worldSize, 0, 0, BORDER_DEPTH, 0],
    [far, 0, BORDER_DEPTH, worldSize, worldSize, 0, far, 0],
  ]) {
    const light = context.createLinearGradient(fromX, fromY, toX, toY);
    light.addColorStop(0, withAlpha(COLOURS.border, 0.26));
    light.addColorStop(0.35, withAlpha(COLOURS.border, 0.09));
    light.addColorStop(1, withAlpha(COLOURS.border, 0));
    context.fillStyle = light;
    context.fillRect(x, y, width, height);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('../camera.js').Camera} camera
 * @param {number} worldSize
 */
function drawTicks(context, camera, worldSize) {
  context.beginPath();
  for (let at = TICK_SPACING; at < worldSize; at += TICK_SPACING) {
    for (const [x, y, dx, dy] of [[at, 0, 0, 1], [at, worldSize, 0, -1], [0, at, 1, 0], [worldSize, at, -1, 0]]) {
      if (!camera.sees(x, y, TICK_LENGTH)) continue;
      context.moveTo(x, y);
      context.lineTo(x + dx * TICK_LENGTH, y + dy * TICK_LENGTH);
    }
  }
  context.strokeStyle = withAlpha(COLOURS.border, 0.55);
  context.lineWidth = 1.5 / camera.scale;
  context.stroke();
}
