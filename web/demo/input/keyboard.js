// @ts-check
// The keyboard. Keys are told by `event.code`, so that W, A and D are where they are on every keyboard layout.

const THRUST_CODES = new Set(['KeyW', 'ArrowUp']);
const LEFT_CODES = new Set(['KeyA', 'ArrowLeft']);
const RIGHT_CODES = new Set(['KeyD', 'ArrowRight']);
const FIRE_CODES = new Set(['Space']);
const HELD_CODES = new Set([...THRUST_CODES, ...LEFT_CODES, ...RIGHT_CODES, ...FIRE_CODES]);
const SCROLLING_CODES = new Set([...HELD_CODES, 'ArrowDown', 'KeyS']);

/** Its keys. */
export class Keyboard {
  constructor() {
    /** @type {Set<string>} */
    this.codes = new Set();
  }

  /** @param {AbortSignal} signal ends it */
  start(signal) {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    window.addEventListener('keyup', (event) => this.codes.delete(event.code), { signal });
  }

  release() {
    this.codes.clear();
  }

  /** @returns {import('../input.js').Held} */
  held() {
    const isHeld = (/** @type {Set<string>} */ codes) => [...codes].some((code) => this.codes.has(code));
    const turn = Number(isHeld(RIGHT_CODES)) - Number(isHeld(LEFT_CODES));
    const steering = turn < 0 ? 'left' : turn > 0 ? 'right' : 'ahead';
    return { steering, aim: 0, thrust: isHeld(THRUST_CODES), fire: isHeld(FIRE_CODES) };
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!isForTheArena(event)) return;
    if (SCROLLING_CODES.has(event.code)) event.preventDefault();
    if (HELD_CODES.has(event.code)) this.codes.add(event.code);
  }
}

/**
 * Whether a key is meant for the game, and not for a button, a field or the browser.
 * @param {KeyboardEvent} event
 */
export function isForTheArena(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return !(event.target instanceof HTMLElement && event.target.closest('input, select, button, a, dialog') !== null);
}
