// @ts-check
// The toolbar: buttons and keys for sharing, settings, sound, full screen, help, the menu and leaving.

import { isGameKey } from './input/keyboard.js';
import { element, setText } from './dom.js';
import { text } from './texts.js';

/**
 * @typedef {object} Actions
 * @property {() => void} onShare
 * @property {() => void} onLeave
 * @property {() => void} onMenu
 * @property {import('./settings.js').Settings} settings
 * @property {import('./panels/settings_dialog.js').SettingsDialog} settingsDialog
 * @property {import('./toast.js').Toast} toast
 */

/** The toolbar. */
export class Toolbar {
  /** @param {Actions} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = document.documentElement;
    this.bar = element('toolbar', HTMLElement);
    this.more = element('tool-more', HTMLButtonElement);
    this.moreLabel = element('tool-more-label', HTMLElement);
    this.help = element('help', HTMLDialogElement);
    this.sound = element('tool-sound', HTMLButtonElement);
    this.screen = element('tool-screen', HTMLButtonElement);
    this.screen.hidden = !document.fullscreenEnabled;
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    const { onShare, onLeave, settingsDialog } = this.actions;
    const on = (/** @type {string} */ id, /** @type {() => void} */ act) => {
      const button = element(id, HTMLButtonElement);
      button.addEventListener('click', act);
      // Prevents the button from getting the focus. Otherwise, the space bar, which fires, would also press the button.
      button.addEventListener('pointerdown', (event) => event.preventDefault());
    };
    on('tool-more', () => this.setMenuOpen(!this.bar.classList.contains('open')));
    on('tool-share', onShare);
    on('tool-leave', onLeave);
    on('tool-sound', () => this.toggleSound());
    on('tool-screen', () => void this.toggleFullscreen());
    for (const id of ['tool-options', 'menu-options']) on(id, () => settingsDialog.open());
    for (const id of ['tool-help', 'menu-help']) on(id, () => this.help.showModal());
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    // A choice in the menu closes it, and so does a click or touch outside of it.
    this.bar.addEventListener('click', ({ target }) => {
      if (target instanceof Element && target.closest('button:not(.more)')) this.setMenuOpen(false);
    });
    window.addEventListener('pointerdown', ({ target }) => {
      if (target instanceof Node && !this.bar.contains(target)) this.setMenuOpen(false);
    });
    document.addEventListener('fullscreenchange', () => this.showFullscreen());
  }

  /** Updates the state of the sound button, because settings also change in the settings dialog. */
  show() {
    const isOn = String(this.actions.settings.values.sound === true);
    if (this.sound.getAttribute('aria-pressed') !== isOn) this.sound.setAttribute('aria-pressed', isOn);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (event.repeat || !isGameKey(event) || document.querySelector('dialog[open]')) return;
    if (event.code === 'Escape') this.openMenu(event);
    else if (event.code === 'KeyH' || event.key === '?') this.help.showModal();
    else if (event.code === 'KeyO') this.actions.settingsDialog.open();
    else if (event.code === 'KeyM') this.toggleSound();
    else if (event.code === 'KeyF') void this.toggleFullscreen();
  }

  /** Opens the menu of the game. @param {KeyboardEvent} event */
  openMenu(event) {
    // Otherwise, the browser would close the menu again in response to the same key press.
    event.preventDefault();
    this.actions.onMenu();
  }

  /**
   * Opens or closes the menu that replaces the toolbar in small windows.
   * @param {boolean} isOpen
   */
  setMenuOpen(isOpen) {
    this.bar.classList.toggle('open', isOpen);
    this.more.setAttribute('aria-expanded', String(isOpen));
    setText(this.moreLabel, text(isOpen ? 'common.close' : 'tool.more'));
  }

  toggleSound() {
    const { settings, toast } = this.actions;
    settings.set({ sound: !settings.values.sound });
    toast.show(text(settings.values.sound ? 'tool.soundOn' : 'tool.soundOff'));
  }

  async toggleFullscreen() {
    try {
      await (document.fullscreenElement ? document.exitFullscreen() : this.root.requestFullscreen());
    } catch {
      this.actions.toast.show(text('tool.noScreen'));
    }
  }

  showFullscreen() {
    this.screen.setAttribute('aria-pressed', String(document.fullscreenElement !== null));
  }
}
