// @ts-check
// The settings, to be changed. What is changed holds at once.

import { element } from '../page.js';

/** The dialog. */
export class Options {
  /** @param {import('../settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.dialog = element('options', HTMLDialogElement);
    this.sound = element('option-sound', HTMLInputElement);
    this.volume = element('option-volume', HTMLInputElement);
    this.motion = element('option-motion', HTMLSelectElement);
  }

  /** Listens. It does so as long as the page is there. */
  start() {
    this.sound.addEventListener('change', () => this.settings.set({ sound: this.sound.checked }));
    this.volume.addEventListener('input', () => this.settings.set({ volume: Number(this.volume.value) }));
    this.motion.addEventListener('change', () => {
      this.settings.set({ motion: /** @type {import('../settings.js').Values['motion']} */ (this.motion.value) });
    });
  }

  open() {
    const { sound, volume, motion } = this.settings.values;
    this.sound.checked = sound;
    this.volume.value = String(volume);
    this.motion.value = motion;
    this.dialog.showModal();
  }
}
