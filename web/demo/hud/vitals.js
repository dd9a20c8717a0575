// @ts-check
// Hull, score and kills of the local player.

import { element, setText } from '../dom.js';

/** The hull is shown as low if at most this fraction of it is left. */
const LOW_HULL = 0.3;

/** The status of the local ship. */
export class Vitals {
  constructor() {
    this.root = element('vitals', HTMLElement);
    this.score = element('score', HTMLElement);
    this.kills = element('kills', HTMLElement);
    this.hull = element('hull', HTMLElement);
    this.fill = element('hull-fill', HTMLElement);
    this.number = element('hull-number', HTMLElement);
    this.shownHull = -1;
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    this.root.hidden = scene.player === null;
    const player = scene.players.find(({ isOwn }) => isOwn);
    setText(this.score, (player?.score ?? 0).toLocaleString('en'));
    setText(this.kills, killsText(player?.kills ?? 0, player?.deaths ?? 0));
    this.showHull(scene.own?.hull ?? (scene.phase === 'dead' ? 0 : 1));
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
 */
function killsText(kills, deaths) {
  return `${kills} ${kills === 1 ? 'kill' : 'kills'}, ${deaths} ${deaths === 1 ? 'death' : 'deaths'}`;
}
