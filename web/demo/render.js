// @ts-check
// Draws a scene on the canvas, and never modifies the scene. The renderer keeps only the state of its own animations, such as
// particles and camera shake.

import { drawBullets } from './render/bullets.js';
import { Effects } from './render/effects.js';
import { drawArena } from './render/arena.js';
import { drawGhost } from './render/ghost.js';
import { drawLabels } from './render/labels.js';
import { drawOrbs } from './render/orbs.js';
import { drawPointers } from './render/pointers.js';
import { Rocks } from './render/rocks.js';
import { QUALITY_LEVELS } from './render/quality.js';
import { ScorePopups } from './render/score_popups.js';
import { drawShips } from './render/ships.js';
import { Sky } from './render/sky.js';

/** Maximum device pixels per CSS pixel. More are hardly visible and take longer to draw. */
const PIXEL_RATIO_MAX = 2;
/** Maximum time step of animations, so that they do not jump after a pause, such as in a hidden tab. */
const STEP_MS_MAX = 100;

/** Minimum scale at which ships and other small entities are drawn, in CSS pixels per unit. */
const GLYPH_SCALE_MIN = 0.45;

/**
 * Arguments of all drawing functions. The context is scaled to world units unless noted otherwise.
 * @typedef {object} DrawContext
 * @property {CanvasRenderingContext2D} context
 * @property {import('./camera.js').Camera} camera
 * @property {number} zoom device pixels per unit
 * @property {number} nowMs
 * @property {number} stepMs time since the last frame
 * @property {boolean} reducedMotion
 * @property {number} effects number of particles and of stars, as a fraction of the full number
 * @property {number} glyphScale magnification of small entities, so that they stay visible when the camera is zoomed out
 */

/**
 * What the renderer draws: the part of a scene that shows the world.
 * @typedef {Pick<import('./scene.js').Scene, 'worldSize' | 'own' | 'ghost' | 'ships' | 'bullets' | 'rocks' | 'orbs' | 'players'
 *   | 'visualEvents' | 'isCut'> & {map?: import('./scene.js').MapView | null}} DrawnScene
 */

/** Renders the arena. */
export class Renderer {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {import('./camera.js').Camera} camera
   * @param {import('./reduced_motion.js').ReducedMotion} reducedMotion
   */
  constructor(canvas, camera, reducedMotion) {
    this.canvas = canvas;
    this.camera = camera;
    this.reducedMotion = reducedMotion;
    const context = canvas.getContext('2d', { alpha: false });
    if (!context) throw new Error('canvas is not supported by this browser');
    this.context = context;
    /** Takes effect at the next call of `resize`. */
    this.quality = QUALITY_LEVELS[0];
    this.pixelRatio = 1;
    this.lastMs = 0;
    this.sky = new Sky();
    this.rocks = new Rocks();
    this.effects = new Effects();
    this.scorePopups = new ScorePopups();
  }

  /** Adapts the canvas to the size of the page and to the quality. @returns {boolean} whether the page has another size */
  resize() {
    const { clientWidth, clientHeight } = this.canvas;
    const pixelRatio = Math.min(window.devicePixelRatio || 1, PIXEL_RATIO_MAX) * this.quality.resolution;
    const width = Math.round(clientWidth * pixelRatio);
    const height = Math.round(clientHeight * pixelRatio);
    if (this.canvas.width === width && this.canvas.height === height && this.pixelRatio === pixelRatio) return false;
    this.canvas.width = width;
    this.canvas.height = height;
    this.pixelRatio = pixelRatio;
    this.sky.resize(clientWidth, clientHeight, pixelRatio);
    return this.camera.resize(clientWidth, clientHeight);
  }

  /**
   * Draws one frame.
   * @param {DrawnScene} scene
   * @param {number} nowMs
   */
  draw(scene, nowMs) {
    if (scene.isCut) this.effects = new Effects();
    const drawContext = this.drawContext(nowMs);
    this.effects.advance(scene, drawContext);
    this.useScreenUnits();
    this.sky.draw(drawContext);
    if (scene.worldSize === 0) return;
    this.useWorldUnits(drawContext);
    drawArena(drawContext, scene.worldSize);
    drawOrbs(drawContext, scene.orbs);
    this.rocks.draw(drawContext, scene.rocks);
    this.effects.drawBelow(drawContext);
    drawBullets(drawContext, scene.bullets);
    drawGhost(drawContext, scene.ghost);
    drawShips(drawContext, scene.ships, this.effects);
    this.effects.drawAbove(drawContext);
    this.useScreenUnits();
    drawLabels(drawContext, scene.ships);
    if (scene.own && scene.map) drawPointers(drawContext, scene.own, scene.map, scene.ships);
    this.scorePopups.draw(drawContext, scene);
  }

  /**
   * @param {number} nowMs
   * @returns {DrawContext}
   */
  drawContext(nowMs) {
    const stepMs = Math.min(Math.max(nowMs - this.lastMs, 0), STEP_MS_MAX);
    this.lastMs = nowMs;
    const { context, camera } = this;
    const zoom = camera.scale * this.pixelRatio;
    const glyphScale = Math.max(1, GLYPH_SCALE_MIN / camera.scale);
    const { effects } = this.quality;
    return { context, camera, zoom, nowMs, stepMs, reducedMotion: this.reducedMotion.isOn, effects, glyphScale };
  }

  useScreenUnits() {
    this.context.setTransform(this.pixelRatio, 0, 0, this.pixelRatio, 0, 0);
  }

  /** @param {DrawContext} drawContext */
  useWorldUnits(drawContext) {
    const { x, y, scale, width, height } = this.camera;
    const shake = this.effects.shake(drawContext);
    const zoom = scale * this.pixelRatio;
    const left = (width / 2 + shake.x - x * scale) * this.pixelRatio;
    const top = (height / 2 + shake.y - y * scale) * this.pixelRatio;
    this.context.setTransform(zoom, 0, 0, zoom, left, top);
  }
}
