// @ts-check
// The panel with the instant replay of the player's death. It is small and at the edge, because it lasts longer than the wait for
// the respawn: the player can already play again while it is shown.

import { Camera } from '../camera.js';
import { element, setText } from '../dom.js';
import { Renderer } from '../render.js';
import { text } from '../texts.js';
import { COLOURS, withAlpha } from '../theme.js';

/** Length of the part of the world that the panel shows, in units: enough for both ships of a fight. */
const WIDTH_UNITS = 900;
/** Shade over the part of the world that the client did not receive. */
const UNKNOWN = withAlpha(COLOURS.ink, 0.72);

/** The panel. */
export class InstantReplayPanel {
  /**
   * @param {import('../reduced_motion.js').ReducedMotion} reducedMotion
   * @param {() => void} onSkip
   */
  constructor(reducedMotion, onSkip) {
    this.reducedMotion = reducedMotion;
    this.onSkip = onSkip;
    this.root = element('instant-replay', HTMLElement);
    this.canvas = element('instant-replay-world', HTMLCanvasElement);
    this.view = element('instant-replay-view', HTMLElement);
    this.progress = element('instant-replay-progress', HTMLElement);
    this.camera = new Camera();
    /** Created for the first replay. @type {Renderer | null} */
    this.renderer = null;
    /** @type {AbortController | null} */
    this.listening = null;
    this.phase = '';
  }

  /**
   * Shows the replay of the scene, or hides the panel.
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  show({ instantReplay, phase }, nowMs) {
    this.phase = phase;
    if (instantReplay && !this.listening) this.open();
    if (!instantReplay && this.listening) this.close();
    if (instantReplay) this.draw(instantReplay, nowMs);
  }

  open() {
    this.root.hidden = false;
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.root.addEventListener('click', this.onSkip, { signal });
    // Without a ship, any key or tap skips the replay. With a ship, keys and taps control the ship.
    const skipIfDead = () => void (this.phase === 'dead' && this.onSkip());
    window.addEventListener('keydown', ({ repeat }) => void (repeat || skipIfDead()), { signal });
    window.addEventListener('pointerdown', skipIfDead, { signal });
  }

  close() {
    this.listening?.abort();
    this.listening = null;
    this.root.hidden = true;
    // The next replay begins without the effects of this one.
    this.renderer = null;
  }

  /**
   * @param {import('../scene.js').InstantReplayView} replay
   * @param {number} nowMs
   */
  draw(replay, nowMs) {
    setText(this.view, replay.killer ? text('instant.view', { name: replay.killer.name }) : '');
    this.progress.style.transform = `scaleX(${replay.progress})`;
    if (this.canvas.clientWidth === 0 || !replay.focus) return;
    this.renderer ??= new Renderer(this.canvas, this.camera, this.reducedMotion);
    this.renderer.resize();
    this.camera.setPose({ ...replay.focus, scale: this.camera.width / WIDTH_UNITS });
    this.renderer.draw({ ...replay, own: null, ghost: null, players: [], isCut: false }, nowMs);
    this.shadeUnknown(this.renderer.context, replay.received);
  }

  /**
   * Shades everything outside of an area of the world.
   * @param {CanvasRenderingContext2D} context in CSS pixels
   * @param {import('../scene.js').Area} area
   */
  shadeUnknown(context, area) {
    const { camera } = this;
    const bounds = camera.bounds();
    const from = camera.toScreen(Math.max(area.left, bounds.left), Math.max(area.top, bounds.top));
    const to = camera.toScreen(Math.min(area.right, bounds.right), Math.min(area.bottom, bounds.bottom));
    context.beginPath();
    context.rect(0, 0, camera.width, camera.height);
    context.rect(from.x, from.y, Math.max(to.x - from.x, 0), Math.max(to.y - from.y, 0));
    context.fillStyle = UNKNOWN;
    context.fill('evenodd');
  }
}
