// @ts-check
// The background sky: a static nebula, and layers of stars with parallax.

import { COLOURS, withAlpha } from '../theme.js';
import { drawGlow } from './glow.js';
import { seededRandom } from './random.js';

/** The stars of a layer repeat after this many CSS pixels. */
const TILE_PX = 1100;
/** Layers of stars, farthest first. `depth` is the parallax factor, `count` the number of stars per tile. */
const LAYERS = Object.freeze([
  { depth: 0.06, count: 190, sizePx: 1, alpha: 0.38, colour: '#9db4de' },
  { depth: 0.14, count: 80, sizePx: 1.4, alpha: 0.62, colour: '#c6d6f5' },
  { depth: 0.26, count: 26, sizePx: 2, alpha: 0.9, colour: '#f3f7ff' },
]);
/** Depth of all layers with reduced motion: they then move together, without parallax. */
const REDUCED_MOTION_DEPTH = 0.14;
/** Clouds of the nebula: center and radius relative to the window, colour, opacity. */
const CLOUDS = Object.freeze([
  { x: 0.16, y: 0.2, radius: 0.62, colour: '#27408f', alpha: 0.3 },
  { x: 0.88, y: 0.78, radius: 0.6, colour: '#1b6b74', alpha: 0.2 },
  { x: 0.7, y: 0.08, radius: 0.45, colour: '#63337d', alpha: 0.17 },
]);

/** @typedef {{x: number, y: number, size: number}} Star */

/** The sky, drawn in CSS pixels. */
export class Sky {
  constructor() {
    this.nebula = document.createElement('canvas');
    /** The whole sky, as seen from a camera that does not move. */
    this.picture = document.createElement('canvas');
    /** What the last frame showed, and what the picture shows. Empty if there is none. */
    this.lastView = '';
    this.pictureView = '';
    this.layers = LAYERS.map((layer, index) => ({ ...layer, stars: stars(layer.count, index + 1) }));
  }

  /**
   * Paints the nebula for a window of the given size in CSS pixels.
   * @param {number} width
   * @param {number} height
   * @param {number} pixelRatio
   */
  resize(width, height, pixelRatio) {
    this.nebula.width = Math.max(Math.round(width * pixelRatio), 1);
    this.nebula.height = Math.max(Math.round(height * pixelRatio), 1);
    this.lastView = '';
    this.pictureView = '';
    const context = this.nebula.getContext('2d', { alpha: false });
    if (!context) return;
    context.fillStyle = COLOURS.ink;
    context.fillRect(0, 0, this.nebula.width, this.nebula.height);
    for (const cloud of CLOUDS) paintCloud(context, cloud);
    addGrain(context);
  }

  /**
   * Draws the sky. If the camera stands still, as in the menu, draws a picture of it, which takes less time.
   * @param {import('../render.js').DrawContext} drawContext
   */
  draw(drawContext) {
    const { context, camera, reducedMotion, effects } = drawContext;
    const view = [camera.x, camera.y, camera.scale, reducedMotion, effects].join();
    if (view === this.lastView && view !== this.pictureView) this.takePicture(drawContext, view);
    this.lastView = view;
    if (view === this.pictureView) context.drawImage(this.picture, 0, 0, camera.width, camera.height);
    else this.drawLayers(drawContext);
  }

  /**
   * @param {import('../render.js').DrawContext} drawContext
   * @param {string} view
   */
  takePicture(drawContext, view) {
    this.picture.width = this.nebula.width;
    this.picture.height = this.nebula.height;
    const context = this.picture.getContext('2d', { alpha: false });
    if (!context) return;
    context.setTransform(drawContext.context.getTransform());
    this.drawLayers({ ...drawContext, context });
    this.pictureView = view;
  }

  /** @param {import('../render.js').DrawContext} drawContext */
  drawLayers(drawContext) {
    const { context, camera, reducedMotion } = drawContext;
    context.drawImage(this.nebula, 0, 0, camera.width, camera.height);
    for (const layer of this.layers) {
      const shift = (reducedMotion ? REDUCED_MOTION_DEPTH : layer.depth) * camera.scale;
      drawStars(drawContext, layer, camera.x * shift, camera.y * shift);
    }
  }
}

/**
 * @param {number} count
 * @param {number} seed
 */
function stars(count, seed) {
  const next = seededRandom(seed);
  return Array.from({ length: count }, () => ({ x: next() * TILE_PX, y: next() * TILE_PX, size: 0.6 + next() * 0.7 }));
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {{stars: Star[], sizePx: number, alpha: number, colour: string}} layer
 * @param {number} shiftX
 * @param {number} shiftY
 */
function drawStars({ context, camera, effects }, layer, shiftX, shiftY) {
  const isNear = layer.sizePx >= 2;
  const count = Math.ceil(layer.stars.length * effects);
  context.fillStyle = layer.colour;
  context.globalAlpha = layer.alpha;
  for (const star of layer.stars.slice(0, count)) {
    const size = star.size * layer.sizePx;
    for (let x = wrap(star.x - shiftX); x < camera.width; x += TILE_PX) {
      for (let y = wrap(star.y - shiftY); y < camera.height; y += TILE_PX) {
        if (isNear) drawNearStar(context, layer.colour, x, y, size);
        else context.fillRect(x, y, size, size);
      }
    }
  }
  context.globalAlpha = 1;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {string} colour
 * @param {number} x
 * @param {number} y
 * @param {number} size
 */
function drawNearStar(context, colour, x, y, size) {
  drawGlow(context, colour, x, y, size * 3.5, 0.4);
  context.beginPath();
  context.arc(x, y, size * 0.55, 0, 2 * Math.PI);
  context.fill();
}

/** @param {number} at */
function wrap(at) {
  return at - Math.floor(at / TILE_PX) * TILE_PX;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number, radius: number, colour: string, alpha: number}} cloud
 */
function paintCloud(context, cloud) {
  const { width, height } = context.canvas;
  const [x, y, radius] = [cloud.x * width, cloud.y * height, cloud.radius * Math.max(width, height)];
  const light = context.createRadialGradient(x, y, 0, x, y, radius);
  light.addColorStop(0, withAlpha(cloud.colour, cloud.alpha));
  light.addColorStop(0.5, withAlpha(cloud.colour, cloud.alpha * 0.35));
  light.addColorStop(1, withAlpha(cloud.colour, 0));
  context.fillStyle = light;
  context.fillRect(0, 0, width, height);
}

/**
 * Adds fine grain, which hides banding in dark gradients.
 * @param {CanvasRenderingContext2D} context
 */
function addGrain(context) {
  const side = 128;
  const grain = document.createElement('canvas');
  grain.width = side;
  grain.height = side;
  const spriteContext = grain.getContext('2d');
  if (!spriteContext) return;
  const pixels = spriteContext.createImageData(side, side);
  const next = seededRandom(77);
  for (let at = 0; at < pixels.data.length; at += 4) pixels.data.set([255, 255, 255, Math.floor(next() * 7)], at);
  spriteContext.putImageData(pixels, 0, 0);
  const pattern = context.createPattern(grain, 'repeat');
  if (!pattern) return;
  context.fillStyle = pattern;
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
}
