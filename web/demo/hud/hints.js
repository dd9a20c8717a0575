// @ts-check
// The hints at the controls. Each disappears once the player has used its control.

import { element } from '../dom.js';

/** The hints: those of the keys at the bottom of the window, and those on the touch sticks. */
export class Hints {
  /** @param {ReadonlySet<string>} usedControls */
  constructor(usedControls) {
    this.usedControls = usedControls;
    this.help = element('help', HTMLDialogElement);
    this.isHelpUsed = false;
    /** @type {HTMLElement[]} */
    this.hints = [...document.querySelectorAll('#hud [data-control]')].filter((hint) => hint instanceof HTMLElement);
  }

  show() {
    this.isHelpUsed ||= this.help.open;
    for (const hint of this.hints) {
      const control = hint.dataset.control ?? '';
      hint.hidden = control === 'help' ? this.isHelpUsed : this.usedControls.has(control);
    }
  }
}
