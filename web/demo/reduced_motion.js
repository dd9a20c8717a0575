// @ts-check
// Whether to reduce motion, according to the settings of the page or of the system.

/** The reduced-motion preference. */
export class ReducedMotion {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.system = window.matchMedia('(prefers-reduced-motion: reduce)');
  }

  /** Whether motion is to be reduced. */
  get isOn() {
    const { motion } = this.settings.values;
    return motion === 'system' ? this.system.matches : motion === 'less';
  }
}
