// @ts-check
/** The pressed keys of an input device, sampled once per frame. */

/**
 * Remembers which keys are pressed. A key that is pressed and released between two samples counts as pressed in the second
 * of these samples.
 * @template Key
 */
export class Presses {
  /** @type {Set<Key>} */
  #held = new Set();
  /** Keys that were pressed after the last sample, even if they were released since. @type {Set<Key>} */
  #recent = new Set();

  /** Ignores presses of a key that is already held: they come from the keyboard's auto-repeat. @param {Key} key */
  press(key) {
    if (!this.#held.has(key)) {
      this.#held.add(key);
      this.#recent.add(key);
    }
  }

  /** @param {Key} key */
  release(key) {
    this.#held.delete(key);
  }

  /** Releases all keys and forgets presses. Call it when the page loses the focus: it then gets no release events. */
  clear() {
    this.#held.clear();
    this.#recent.clear();
  }

  /** @returns {Set<Key>} the keys that are pressed, or were pressed since the last sample */
  sample() {
    const pressed = new Set([...this.#held, ...this.#recent]);
    this.#recent.clear();
    return pressed;
  }
}
