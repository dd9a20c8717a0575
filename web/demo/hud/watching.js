// @ts-check
// Whom a spectator follows.

import { element, write } from '../page.js';

/** The first words of the spectator's line. */
export class Watching {
  constructor() {
    this.text = element('watching', HTMLElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show({ following }) {
    write(this.text, following ? `Following ${following}` : 'Watching the whole arena');
  }
}
