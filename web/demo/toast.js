// @ts-check
// A short message that disappears by itself.

import { element } from './dom.js';

/** A message is shown for `CHARACTER_MS` per character, but for at least `SHOWN_MS_MIN`. */
const CHARACTER_MS = 70;
const SHOWN_MS_MIN = 2400;

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
    const shownMs = Math.max(text.length * CHARACTER_MS, SHOWN_MS_MIN);
    this.hideTimer = window.setTimeout(() => this.root.classList.remove('shown'), shownMs);
  }
}
