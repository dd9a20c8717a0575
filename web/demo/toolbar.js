// @ts-check
// What one can do besides playing, as buttons and keys.

import { isForTheArena } from './input/keyboard.js';
import { element } from './page.js';

/**
 * @typedef {object} Actions
 * @property {() => void} onShare
 * @property {() => void} onLeave
 * @property {import('./settings.js').Settings} settings
 * @property {import('./panels/options.js').Options} options
 * @property {import('./toast.js').Toast} toast
 */

/** The buttons and keys. */
export class Toolbar {
  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = document.documentElement;
    this.bar = element('toolbar', HTMLElement);
    this.more = element('tool-more', HTMLButtonElement);
    this.help = element('help', HTMLDialogElement);
    this.sound = element('tool-sound', HTMLButtonElement);
    this.screen = element('tool-screen', HTMLButtonElement);
    this.screen.hidden = !document.fullscreenEnabled;
  }

  /** Listens. It does so as long as the page is there. */
  start() {
    const { onShare, onLeave, options } = this.actions;
    const on = (/** @type {string} */ id, /** @type {() => void} */ act) => {
      const button = element(id, HTMLButtonElement);
      button.addEventListener('click', act);
      // A button that kept the focus would be pressed with every shot of the space bar.
      button.addEventListener('pointerdown', (event) => event.preventDefault());
    };
    on('tool-more', () => this.unfold());
    on('tool-share', onShare);
    on('tool-leave', onLeave);
    on('tool-sound', () => this.switchSound());
    on('tool-screen', () => void this.switchScreen());
    for (const id of ['tool-options', 'menu-options']) on(id, () => options.open());
    for (const id of ['tool-help', 'menu-help']) on(id, () => this.help.showModal());
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    document.addEventListener('fullscreenchange', () => this.showScreen());
  }

  /** Shows what is switched on. Settings are changed elsewhere, too. */
  show() {
    const isOn = String(this.actions.settings.values.sound);
    if (this.sound.getAttribute('aria-pressed') !== isOn) this.sound.setAttribute('aria-pressed', isOn);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (event.repeat || !isForTheArena(event) || document.querySelector('dialog[open]')) return;
    if (event.code === 'KeyH' || event.key === '?') this.help.showModal();
    else if (event.code === 'KeyO') this.actions.options.open();
    else if (event.code === 'KeyM') this.switchSound();
    else if (event.code === 'KeyF') void this.switchScreen();
  }

  /** On a small screen the buttons are folded away. */
  unfold() {
    const isUnfolded = this.bar.classList.toggle('unfolded');
    this.more.setAttribute('aria-expanded', String(isUnfolded));
  }

  switchSound() {
    const { settings, toast } = this.actions;
    settings.set({ sound: !settings.values.sound });
    toast.show(settings.values.sound ? 'Sound is on' : 'Sound is off');
  }

  async switchScreen() {
    try {
      await (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen());
    } catch {
      this.actions.toast.show('The browser does not allow full screen here');
    }
  }

  showScreen() {
    this.screen.setAttribute('aria-pressed', String(document.fullscreenElement !== null));
  }
}
