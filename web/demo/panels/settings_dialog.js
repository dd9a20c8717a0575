// @ts-check
// The settings dialog. Changes apply immediately.

import { element } from '../dom.js';
import { canVibrate } from '../vibration.js';

/** The settings dialog. */
export class SettingsDialog {
  /** @param {import('../settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.dialog = element('options', HTMLDialogElement);
    this.sound = element('option-sound', HTMLInputElement);
    this.vibration = element('option-vibration', HTMLInputElement);
    this.volume = element('option-volume', HTMLInputElement);
    this.motion = element('option-motion', HTMLSelectElement);
    element('option-vibration-row', HTMLElement).hidden = !canVibrate();
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    this.sound.addEventListener('change', () => this.settings.set({ sound: this.sound.checked }));
    this.vibration.addEventListener('change', () => this.settings.set({ vibration: this.vibration.checked }));
    this.volume.addEventListener('input', () => this.settings.set({ volume: Number(this.volume.value) }));
    this.motion.addEventListener('change', () => {
      this.settings.set({ motion: /** @type {import('../settings.js').Values['motion']} */ (this.motion.value) });
    });
  }

  open() {
    const { sound, vibration, volume, motion } = this.settings.values;
    this.sound.checked = sound === true;
    this.vibration.checked = vibration;
    this.volume.value = String(volume);
    this.motion.value = motion;
    this.dialog.showModal();
  }
}
