// @ts-check
// A short confirmation message.

import { element } from './dom.js';

const SHOWN_MS = 2400;

/** The toast. */
export class Toast {
  constructor() {
    this.root = element('toast', HTMLElement);
    this.hideTimer = 0;
  }

  /** @param {string} text */
  show(text) {
    window.clearTimeout(this.hideTimer);
    this.root.textContent = text;
    this.root.classList.add('shown');
    this.hideTimer = window.setTimeout(() => this.root.classList.remove('shown'), SHOWN_MS);
  }
}
