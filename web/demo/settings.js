// @ts-check
// What the player has set, remembered by the browser.

const STORED_AS = 'tickcast.settings';
const NAME_MAX = 64;

/**
 * @typedef {object} Values
 * @property {string} name what one was called last; empty before the first time
 * @property {boolean} sound whether anything is heard
 * @property {number} volume from 0 to 1
 * @property {'system' | 'less' | 'full'} motion how much may move by itself; `system`: what the system's setting says
 */

/** @type {Readonly<Values>} */
const DEFAULTS = Object.freeze({ name: '', sound: false, volume: 0.5, motion: 'system' });

/** The settings. A browser may refuse to store anything; then they hold until the page is left. */
export class Settings {
  constructor() {
    /** @type {Values} */
    this.values = sound(stored());
  }

  /** @param {Partial<Values>} change */
  set(change) {
    this.values = sound({ ...this.values, ...change });
    try {
      localStorage.setItem(STORED_AS, JSON.stringify(this.values));
    } catch {
      // They are good for this visit all the same.
    }
  }
}

/** @returns {Record<string, unknown>} whatever is there */
function stored() {
  try {
    return Object(JSON.parse(localStorage.getItem(STORED_AS) ?? '{}'));
  } catch {
    return {};
  }
}

/**
 * Keeps what makes sense: storage is shared with other versions of the page, and with whoever opens the developer tools.
 * @param {Record<string, unknown>} given
 * @returns {Values}
 */
function sound(given) {
  const { name, volume, motion } = given;
  return {
    name: typeof name === 'string' ? name.slice(0, NAME_MAX) : DEFAULTS.name,
    sound: given.sound === true,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
    motion: motion === 'less' || motion === 'full' ? motion : DEFAULTS.motion,
  };
}
