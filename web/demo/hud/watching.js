// @ts-check
// Whom a spectator follows, and buttons to follow somebody else.

import { element, write } from '../page.js';

/** The spectator's bar. */
export class Watching {
  /** @param {import('../spectator.js').Spectator} spectator */
  constructor(spectator) {
    this.spectator = spectator;
    this.text = element('watching', HTMLElement);
    this.whole = element('watch-whole', HTMLButtonElement);
    element('watch-before', HTMLButtonElement).addEventListener('click', () => spectator.follow(-1));
    element('watch-next', HTMLButtonElement).addEventListener('click', () => spectator.follow(1));
    this.whole.addEventListener('click', () => spectator.showWhole());
  }

  show() {
    const { aim, following } = this.spectator;
    write(this.text, following?.name ?? (aim.kind === 'free' ? 'Looking around' : 'Everybody'));
    this.whole.hidden = aim.kind === 'whole';
  }
}
