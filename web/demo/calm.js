// @ts-check
// Whether the player asked for less motion: in the settings of the page, or else in those of the system.

/** The wish for less motion. */
export class Calm {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.system = window.matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** Whether there is such a wish. */
  get matches() {
    const { motion } = this.settings.values;
    return motion === 'system' ? this.system.matches : motion === 'less';
  }
}
