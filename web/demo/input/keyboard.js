// @ts-check
// Keyboard controls. Keys are identified by `event.code`: by their position, independently of the keyboard layout.

import { Presses } from '../../netcode/index.js';

const THRUST_CODES = new Set(['KeyW', 'ArrowUp']);
const LEFT_CODES = new Set(['KeyA', 'ArrowLeft']);
const RIGHT_CODES = new Set(['KeyD', 'ArrowRight']);
const FIRE_CODES = new Set(['Space']);
const CONTROL_CODES = new Set([...THRUST_CODES, ...LEFT_CODES, ...RIGHT_CODES, ...FIRE_CODES]);
/** Keys whose default action in the browser, such as scrolling the page, is prevented. */
const PREVENTED_CODES = new Set([...CONTROL_CODES, 'ArrowDown', 'KeyS']);

/** The control keys of the keyboard. */
export class Keyboard {
  constructor() {
    /** @type {Presses<string>} the codes of the pressed keys */
    this.keys = new Presses();
  }

  /** @param {AbortSignal} signal stops listening */
  start(signal) {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    window.addEventListener('keyup', (event) => this.keys.release(event.code), { signal });
  }

  release() {
    this.keys.clear();
  }

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const pressed = this.keys.sample();
    const isAnyPressed = (/** @type {Set<string>} */ codes) => [...codes].some((code) => pressed.has(code));
    const turn = Number(isAnyPressed(RIGHT_CODES)) - Number(isAnyPressed(LEFT_CODES));
    const steering = turn < 0 ? 'left' : turn > 0 ? 'right' : 'ahead';
    return { steering, aim: 0, thrust: isAnyPressed(THRUST_CODES), fire: isAnyPressed(FIRE_CODES) };
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!isGameKey(event)) return;
    if (PREVENTED_CODES.has(event.code)) event.preventDefault();
    if (CONTROL_CODES.has(event.code)) this.keys.press(event.code);
  }
}

/**
 * Whether a key event is meant for the game, not for a form control, a dialog or the browser.
 * @param {KeyboardEvent} event
 */
export function isGameKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  return !(event.target instanceof HTMLElement && event.target.closest('input, select, button, a, dialog') !== null);
}
