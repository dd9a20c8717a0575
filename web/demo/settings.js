// @ts-check
// Keeps the player's settings in local storage.

const STORAGE_KEY = 'tickcast.settings';
const NAME_MAX = 64;

/**
 * @typedef {object} Values
 * @property {string} name the last player name; empty before the first game
 * @property {boolean | null} sound whether sound is on; `null` before the player has decided
 * @property {boolean} vibration whether to vibrate when the ship is hit
 * @property {number} volume from 0 to 1
 * @property {'system' | 'less' | 'full'} motion `less` reduces motion; `system` follows the system's preference
 */

/** @type {Readonly<Values>} */
const DEFAULTS = Object.freeze({ name: '', sound: null, vibration: false, volume: 0.5, motion: 'system' });

/** The settings. If the browser blocks storage, they last until the page is closed. */
export class Settings {
  constructor() {
    /** @type {Values} */
    this.values = validated(stored());
  }

  /** @param {Partial<Values>} change */
  set(change) {
    this.values = validated({ ...this.values, ...change });
    try {
      localStorage.setItem(STORAGE_KEY, JSON.stringify(this.values));
    } catch {
      // Storage is disabled: the settings last until the page is closed.
    }
  }
}

/** @returns {Record<string, unknown>} the unvalidated content of the storage */
function stored() {
  try {
    return Object(JSON.parse(localStorage.getItem(STORAGE_KEY) ?? '{}'));
  } catch {
    return {};
  }
}

/**
 * Replaces invalid values by defaults. The storage may contain values from other versions of the page, or from the user.
 * @param {Record<string, unknown>} values
 * @returns {Values}
 */
function validated(values) {
  const { name, sound, vibration, volume, motion } = values;
  return {
    name: typeof name === 'string' ? name.slice(0, NAME_MAX) : DEFAULTS.name,
    sound: typeof sound === 'boolean' ? sound : DEFAULTS.sound,
    vibration: vibration === true,
    volume: typeof volume === 'number' && volume >= 0 && volume <= 1 ? volume : DEFAULTS.volume,
    motion: motion === 'less' || motion === 'full' ? motion : DEFAULTS.motion,
  };
}
