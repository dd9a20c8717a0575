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

  /** @param {string} message */
  show(message) {
    window.clearTimeout(this.hideTimer);
    this.root.textContent = message;
    this.root.classList.add('shown');
    const shownMs = Math.max(message.length * CHARACTER_MS, SHOWN_MS_MIN);
    this.hideTimer = window.setTimeout(() => this.root.classList.remove('shown'), shownMs);
  }
}
