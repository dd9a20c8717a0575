// @ts-check
// Determines whether to reduce motion, from the settings of the page and of the system.

/** The reduced-motion preference. */
export class ReducedMotion {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.system = window.matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** Whether to reduce motion. */
  get isOn() {
    const { motion } = this.settings.values;
    return motion === 'system' ? this.system.matches : motion === 'less';
  }
}
