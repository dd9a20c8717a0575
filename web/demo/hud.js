// @ts-check
// The head-up display. Each part reads the scene, and updates only those elements of the page that changed.

import { Banner } from './hud/banner.js';
import { Leaderboard } from './hud/leaderboard.js';
import { Feed } from './hud/feed.js';
import { Hints } from './hud/hints.js';
import { Minimap } from './hud/minimap.js';
import { Notice } from './hud/notice.js';
import { Podium } from './hud/podium.js';
import { SoundQuestion } from './hud/sound_question.js';
import { Status } from './hud/status.js';
import { Sticks } from './hud/sticks.js';
import { Upgrades } from './hud/upgrades.js';
import { Vitals } from './hud/vitals.js';
import { SpectatorBar } from './hud/spectator_bar.js';
import { element } from './dom.js';

/** All parts of the HUD. */
export class Hud {
  /**
   * @param {import('./camera.js').Camera} camera
   * @param {import('./spectator.js').SpectatorCamera} spectatorCamera
   * @param {import('./input.js').Input} input
   * @param {import('./settings.js').Settings} settings
   * @param {import('./hud/notice.js').NoticeActions} noticeActions
   */
  constructor(camera, spectatorCamera, input, settings, noticeActions) {
    this.root = element('hud', HTMLElement);
    const upgrades = new Upgrades((choice) => input.choose(choice));
    const own = [new Vitals(), upgrades, new Sticks(input.touch), new Hints(input.used), new SoundQuestion(settings)];
    const spectatorBar = new SpectatorBar(spectatorCamera);
    const notice = new Notice(noticeActions);
    this.parts = [
      new Status(), new Feed(), new Leaderboard(), ...own, spectatorBar, new Minimap(camera), new Podium(),
      new Banner(), notice,
    ];
  }

  /**
   * Updates the HUD.
   * @param {import('./scene.js').Scene} scene
   * @param {number} nowMs
   */
  show(scene, nowMs) {
    if (document.body.dataset.phase !== scene.phase) document.body.dataset.phase = scene.phase;
    this.root.hidden = scene.worldSize === 0;
    for (const part of this.parts) part.show(scene, nowMs);
  }
}
