// @ts-check
// The instruments over the arena. Each part reads the scene and touches the page only where something changed.

import { Board } from './hud/board.js';
import { Feed } from './hud/feed.js';
import { Minimap } from './hud/minimap.js';
import { Notice } from './hud/notice.js';
import { Status } from './hud/status.js';
import { Sticks } from './hud/sticks.js';
import { Vitals } from './hud/vitals.js';
import { Watching } from './hud/watching.js';
import { element } from './page.js';

/** All instruments. */
export class Hud {
  /**
   * @param {import('./camera.js').Camera} camera
   * @param {import('./spectator.js').Spectator} spectator
   * @param {import('./input/touch.js').Touch} touch
   */
  constructor(camera, spectator, touch) {
    this.root = element('hud', HTMLElement);
    const play = [new Vitals(), new Sticks(touch)];
    this.parts = [new Status(), new Feed(), new Board(), ...play, new Watching(spectator), new Minimap(camera), new Notice()];
  }

  /**
   * Shows a frame.
   * @param {import('./scene.js').Scene} scene
   * @param {number} nowMs
   */
  show(scene, nowMs) {
    if (document.body.dataset.phase !== scene.phase) document.body.dataset.phase = scene.phase;
    this.root.hidden = scene.worldSize === 0;
    for (const part of this.parts) part.show(scene, nowMs);
  }
}
