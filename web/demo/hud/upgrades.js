// @ts-check
// The level of the local ship, the orbs that it has collected for the next one, and the upgrades from which the player may choose.

import { element, setText } from '../dom.js';
import { text } from '../texts.js';

/** Names of the upgrades, for the texts of the page. */
const NAMES = Object.freeze({
  fireRate: 'upgrade.fireRate', speed: 'upgrade.speed', hull: 'upgrade.hull', spread: 'upgrade.spread',
});

/** Level, orbs and offer. */
export class Upgrades {
  /** @param {(choice: number) => void} choose chooses an upgrade by its number in the offer, counted from 1 */
  constructor(choose) {
    this.orbs = element('orbs', HTMLElement);
    this.fill = element('orbs-fill', HTMLElement);
    this.level = element('level', HTMLElement);
    this.choice = element('choice', HTMLElement);
    this.buttons = [1, 2, 3].map((number) => element(`choice-${number}`, HTMLButtonElement));
    this.shownOrbs = -1;
    this.buttons.forEach((button, index) => {
      // Chooses when the button is pressed, not when it is released. While the player steers at the same time, the pointer
      // often leaves the button before the release, so there would be no click.
      button.addEventListener('pointerdown', () => choose(index + 1));
      // A button with the focus would receive the keys that steer.
      button.addEventListener('mousedown', (event) => event.preventDefault());
      button.addEventListener('click', ({ detail }) => {
        if (detail === 0) choose(index + 1);
      });
    });
  }

  /** @param {import('../scene.js').Scene} scene */
  show({ own, phase }) {
    this.showOrbs(own?.orbs ?? 0);
    setText(this.level, text('hud.level', { level: own?.level ?? 1 }));
    const offer = phase === 'playing' ? own?.offer ?? [] : [];
    this.choice.hidden = offer.length === 0;
    this.buttons.forEach((button, index) => {
      button.hidden = index >= offer.length;
      if (index < offer.length && button.lastElementChild) setText(button.lastElementChild, text(NAMES[offer[index]]));
    });
  }

  /** @param {number} orbs filled fraction of the bar */
  showOrbs(orbs) {
    if (orbs === this.shownOrbs) return;
    this.shownOrbs = orbs;
    this.fill.style.transform = `scaleX(${orbs})`;
    this.orbs.classList.toggle('ready', orbs === 1);
    this.orbs.setAttribute('aria-valuenow', String(Math.round(orbs * 100)));
  }
}
