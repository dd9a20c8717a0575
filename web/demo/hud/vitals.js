// @ts-check
// Hull, dash, score and kills of the local player.

import { element, setText } from '../dom.js';
import { LOW_HULL } from '../scene.js';
import { joined, numberText, text } from '../texts.js';

/** The status of the local ship. */
export class Vitals {
  constructor() {
    this.root = element('vitals', HTMLElement);
    this.score = element('score', HTMLElement);
    this.kills = element('kills', HTMLElement);
    this.hull = element('hull', HTMLElement);
    this.fill = element('hull-fill', HTMLElement);
    this.number = element('hull-number', HTMLElement);
    this.dash = element('dash', HTMLElement);
    this.dashFill = element('dash-fill', HTMLElement);
    this.shownHull = -1;
    this.shownCharge = -1;
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    this.root.hidden = scene.player === null;
    const player = scene.players.find(({ isOwn }) => isOwn);
    setText(this.score, numberText(player?.score ?? 0));
    setText(this.kills, killsText(player?.kills ?? 0, player?.deaths ?? 0, player?.streak ?? 0));
    this.showDash(1 - (scene.own?.recharge ?? 0));
    this.showHull(scene.own?.hull ?? (scene.phase === 'dead' ? 0 : 1));
  }

  /** @param {number} charge 1 if the ship can dash */
  showDash(charge) {
    if (charge === this.shownCharge) return;
    this.shownCharge = charge;
    this.dashFill.style.transform = `scaleX(${charge})`;
    this.dash.classList.toggle('ready', charge === 1);
    this.dash.setAttribute('aria-valuenow', String(Math.round(charge * 100)));
  }

  /** @param {number} hull */
  showHull(hull) {
    if (hull === this.shownHull) return;
    this.shownHull = hull;
    const percent = String(Math.round(hull * 100));
    this.fill.style.transform = `scaleX(${hull})`;
    this.hull.classList.toggle('low', hull <= LOW_HULL);
    this.hull.setAttribute('aria-valuenow', percent);
    setText(this.number, percent);
  }
}

/**
 * @param {number} kills
 * @param {number} deaths
 * @param {number} streak
 */
function killsText(kills, deaths, streak) {
  const totals = [text('hud.kills', { count: kills }), text('hud.deaths', { count: deaths })];
  return joined(...totals, streak > 1 ? text('hud.streak', { count: streak }) : '');
}
