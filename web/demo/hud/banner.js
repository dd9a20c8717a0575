// @ts-check
// A banner that appears while no data arrives. The style sheets then show the world in grey, because its state is outdated.

import { element } from '../dom.js';

/** The banner. */
export class Banner {
  constructor() {
    this.root = element('banner', HTMLElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show({ isStalled }) {
    this.root.hidden = !isStalled;
    document.body.classList.toggle('stalled', isStalled);
  }
}
