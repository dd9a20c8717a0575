// @ts-check
// One's own hull, score and kills.

import { element, write } from '../page.js';

/** From here on down the hull is shown as in danger. */
const LOW = 0.3;

/** The instruments of one's own ship. */
export class Vitals {
  constructor() {
    this.root = element('vitals', HTMLElement);
    this.score = element('score', HTMLElement);
    this.kills = element('kills', HTMLElement);
    this.hull = element('hull', HTMLElement);
    this.fill = element('hull-fill', HTMLElement);
    this.number = element('hull-number', HTMLElement);
    this.shown = -1;
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    this.root.hidden = scene.player === null;
    const member = scene.members.find(({ isOwn }) => isOwn);
    write(this.score, (member?.score ?? 0).toLocaleString('en'));
    write(this.kills, tally(member?.kills ?? 0, member?.deaths ?? 0));
    this.showHull(scene.own?.hull ?? (scene.phase === 'dead' ? 0 : 1));
  }

  /** @param {number} hull */
  showHull(hull) {
    if (hull === this.shown) return;
    this.shown = hull;
    const percent = String(Math.round(hull * 100));
    this.fill.style.transform = `scaleX(${hull})`;
    this.hull.classList.toggle('low', hull <= LOW);
    this.hull.setAttribute('aria-valuenow', percent);
    write(this.number, percent);
  }
}

/**
 * @param {number} kills
 * @param {number} deaths
 */
function tally(kills, deaths) {
  return `${kills} ${kills === 1 ? 'kill' : 'kills'}, ${deaths} ${deaths === 1 ? 'death' : 'deaths'}`;
}
