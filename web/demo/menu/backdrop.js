// @ts-check
// The background of the menu: a fight between AI ships, or only the sky if motion is reduced.

import { emptyViews } from '../session/views.js';
import { Fight } from './fight.js';

const SEED = 7;

/** The background of the menu. */
export class Backdrop {
  /**
   * @param {import('../camera.js').Camera} camera
   * @param {import('../reduced_motion.js').ReducedMotion} reducedMotion
   */
  constructor(camera, reducedMotion) {
    this.camera = camera;
    this.reducedMotion = reducedMotion;
    this.fight = new Fight(SEED);
    this.lastMs = 0;
  }

  /**
   * Moves the camera, and returns what to draw.
   * @param {number} nowMs
   * @returns {import('../render.js').DrawnScene}
   */
  frame(nowMs) {
    const stepMs = nowMs - this.lastMs;
    this.lastMs = nowMs;
    const scene = { ...emptyViews(), worldSize: 0, own: null, ghost: null, players: [], visualEvents: [], isCut: false };
    if (this.reducedMotion.isOn) {
      this.camera.setPose({ x: 0, y: 0, scale: 1 });
      return scene;
    }
    const { worldSize } = this.fight;
    this.camera.setPose(this.camera.playPose({ x: worldSize / 2, y: worldSize / 2 }, worldSize));
    return { ...scene, ...this.fight.frame(stepMs), worldSize };
  }
}
