// @ts-check
// Asks the player whether to play with sound, at the beginning of the first game. The game goes on meanwhile.

import { element } from '../dom.js';

/** The question disappears after this time. It is then asked again after the page is loaded again. */
const SHOWN_MS = 20_000;

/** The question. */
export class SoundQuestion {
  /** @param {import('../settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.root = element('ask-sound', HTMLElement);
    /** When the player's first ship appeared. @type {number | null} */
    this.askedMs = null;
    this.answerWith(element('ask-sound-yes', HTMLButtonElement), true);
    this.answerWith(element('ask-sound-no', HTMLButtonElement), false);
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {boolean} sound
   */
  answerWith(button, sound) {
    button.addEventListener('click', () => this.settings.set({ sound }));
    // Prevents the button from getting the focus. Otherwise, the space bar, which fires, would also press the button.
    button.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  show({ own }, nowMs) {
    if (own) this.askedMs ??= nowMs;
    const isAsking = own !== null && nowMs - (this.askedMs ?? nowMs) < SHOWN_MS;
    this.root.hidden = this.settings.values.sound !== null || !isAsking;
  }
}
