// @ts-check
// Detects double taps of a key or of the screen.

/** Maximum time between the two taps. */
const INTERVAL_MS = 260;

/** The taps of one key. */
export class DoubleTap {
  constructor() {
    this.lastMs = -Infinity;
  }

  /**
   * Handles a tap. The third of three quick taps is not a double tap.
   * @param {number} nowMs
   * @returns {boolean} whether it is the second tap of a double tap
   */
  tap(nowMs) {
    const isSecond = nowMs - this.lastMs <= INTERVAL_MS;
    this.lastMs = isSecond ? -Infinity : nowMs;
    return isSecond;
  }
}
