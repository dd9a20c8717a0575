// @ts-check
// A word on what has just been done.

import { element } from './page.js';

const SHOWN_MS = 2400;

/** The word. */
export class Toast {
  constructor() {
    this.root = element('toast', HTMLElement);
    this.hiding = 0;
  }

  /** @param {string} text */
  show(text) {
    window.clearTimeout(this.hiding);
    this.root.textContent = text;
    this.root.classList.add('shown');
    this.hiding = window.setTimeout(() => this.root.classList.remove('shown'), SHOWN_MS);
  }
}
