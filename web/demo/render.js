// @ts-check
// Draws a scene on the canvas. It reads the scene and never writes to it; what moves on by itself (particles, shake) is its
// own.

import { drawBullets } from './render/bullets.js';
import { Effects } from './render/effects.js';
import { drawField } from './render/field.js';
import { Gains } from './render/gains.js';
import { drawGhost } from './render/ghost.js';
import { drawLabels } from './render/labels.js';
import { drawOrbs } from './render/orbs.js';
import { Rocks } from './render/rocks.js';
import { drawShips } from './render/ships.js';
import { Sky } from './render/sky.js';

/** More pixels per CSS pixel than this are hardly told apart, and cost time. */
const PIXEL_RATIO_MAX = 2;
/** After a pause (a hidden tab) what moves by itself goes on from where it was. */
const STEP_MS_MAX = 100;

/** Small things are drawn at least this large, in CSS pixels per unit. */
const GLYPH_SCALE_MIN = 0.45;

/**
 * What every drawing function gets. The context is in world units unless it says otherwise.
 * @typedef {object} Brush
 * @property {CanvasRenderingContext2D} context
 * @property {import('./camera.js').Camera} camera
 * @property {number} zoom pixels of the screen per unit
 * @property {number} nowMs
 * @property {number} stepMs since the last frame
 * @property {boolean} isCalm whether the player asked for less motion
 * @property {number} glyphScale how much larger than life small things are drawn, so that they are seen from afar
 */

/** The picture of the arena. */
export class Renderer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./camera.js').Camera} camera
   * @param {import('./calm.js').Calm} calm whether the player asked for less motion
   */
  constructor(canvas, camera, calm) {
    this.canvas = canvas;
    this.camera = camera;
    this.calm = calm;
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('this browser draws no canvas');
    this.context = context;
    this.pixelRatio = 1;
    this.lastMs = 0;
    this.sky = new Sky();
    this.rocks = new Rocks();
    this.effects = new Effects();
    this.gains = new Gains();
  }

  /** Fits the canvas to the page; says whether anything changed. */
  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const pixelRatio = Math.min(window.devicePixelRatio || 1, PIXEL_RATIO_MAX);
    const width = Math.round(clientWidth * pixelRatio);
    const height = Math.round(clientHeight * pixelRatio);
    if (this.canvas.width === width && this.canvas.height === height && this.pixelRatio === pixelRatio) return false;
    this.canvas.width = width;
    this.canvas.height = height;
    this.pixelRatio = pixelRatio;
    this.camera.resize(clientWidth, clientHeight);
    this.sky.resize(clientWidth, clientHeight, pixelRatio);
    return true;
  }

  /**
   * Draws one frame.
   * @param {import('./scene.js').Scene} scene
   * @param {number} nowMs
   */
  draw(scene, nowMs) {
    const brush = this.brush(nowMs);
    this.effects.advance(scene, brush);
    this.useScreenUnits();
    this.sky.draw(brush);
    if (scene.worldSize === 0) return;
    this.useWorldUnits(brush);
    drawField(brush, scene.worldSize);
    drawOrbs(brush, scene.orbs);
    this.rocks.draw(brush, scene.rocks);
    this.effects.drawBelow(brush);
    drawBullets(brush, scene.bullets);
    drawGhost(brush, scene.ghost);
    drawShips(brush, scene.ships, this.effects);
    this.effects.drawAbove(brush);
    this.useScreenUnits();
    drawLabels(brush, scene.ships);
    this.gains.draw(brush, scene);
  }

  /**
   * @param {number} nowMs
   * @returns {Brush}
   */
  brush(nowMs) {
    const stepMs = Math.min(Math.max(nowMs - this.lastMs, 0), STEP_MS_MAX);
    this.lastMs = nowMs;
    const { context, camera } = this;
    const zoom = camera.scale * this.pixelRatio;
    const glyphScale = Math.max(1, GLYPH_SCALE_MIN / camera.scale);
    return { context, camera, zoom, nowMs, stepMs, isCalm: this.calm.matches, glyphScale };
  }

  useScreenUnits() {
    this.context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
  }

  /** @param {Brush} brush */
  useWorldUnits(brush) {
    const { x, y, scale, width, height } = this.camera;
    const shake = this.effects.shake(brush);
    const zoom = scale * this.pixelRatio;
    const left = (width / 2 + shake.x - x * scale) * this.pixelRatio;
    const top = (height / 2 + shake.y - y * scale) * this.pixelRatio;
    this.context.setTransform(zoom, 0, 0, zoom, left, top);
  }
}
