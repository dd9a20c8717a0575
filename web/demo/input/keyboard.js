// @ts-check
// Keyboard controls. Keys are identified by `event.code`: by their position, independently of the keyboard layout.

import { Presses } from '../../netcode/index.js';
import { DoubleTap } from './double_tap.js';

const THRUST_CODES = new Set(['KeyW', 'ArrowUp']);
const LEFT_CODES = new Set(['KeyA', 'ArrowLeft']);
const RIGHT_CODES = new Set(['KeyD', 'ArrowRight']);
const FIRE_CODES = new Set(['Space']);
const DASH_CODES = new Set(['ShiftLeft', 'ShiftRight']);
/** Keys that choose the first, second and third upgrade of an offer. */
const CHOICE_CODES = Object.freeze([['Digit1', 'Numpad1'], ['Digit2', 'Numpad2'], ['Digit3', 'Numpad3']]);
const CONTROL_CODES = new Set([
  ...THRUST_CODES, ...LEFT_CODES, ...RIGHT_CODES, ...FIRE_CODES, ...DASH_CODES, ...CHOICE_CODES.flat(),
]);
/** Keys whose default action in the browser, such as scrolling the page, is prevented. */
const PREVENTED_CODES = new Set([...CONTROL_CODES, 'ArrowDown', 'KeyS']);

/** The control keys of the keyboard. */
export class Keyboard {
  constructor() {
    /** @type {Presses<string>} the codes of the pressed keys */
    this.keys = new Presses();
    this.thrustTaps = new DoubleTap();
    /** Whether the thrust key is held after a double tap. It then dashes, too. */
    this.isDoubleTapped = false;
  }

  /** @param {AbortSignal} signal stops listening */
  start(signal) {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    window.addEventListener('keyup', (event) => this.handleKeyUp(event), { signal });
  }

  release() {
    this.keys.clear();
    this.isDoubleTapped = false;
  }

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const pressed = this.keys.sample();
    const isAnyPressed = (/** @type {Set<string>} */ codes) => [...codes].some((code) => pressed.has(code));
    const turn = Number(isAnyPressed(RIGHT_CODES)) - Number(isAnyPressed(LEFT_CODES));
    const steering = turn < 0 ? 'left' : turn > 0 ? 'right' : 'ahead';
    const thrust = isAnyPressed(THRUST_CODES);
    const dash = isAnyPressed(DASH_CODES) || (thrust && this.isDoubleTapped);
    const choice = CHOICE_CODES.findIndex((codes) => codes.some((code) => pressed.has(code))) + 1;
    return { steering, aim: 0, thrust, fire: isAnyPressed(FIRE_CODES), dash, choice };
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!isGameKey(event)) return;
    if (PREVENTED_CODES.has(event.code)) event.preventDefault();
    if (CONTROL_CODES.has(event.code)) this.keys.press(event.code);
    if (THRUST_CODES.has(event.code) && !event.repeat) this.isDoubleTapped = this.thrustTaps.tap(event.timeStamp);
  }

  /** @param {KeyboardEvent} event */
  handleKeyUp({ code }) {
    this.keys.release(code);
  }
}

/**
 * Whether a key event is meant for the game, not for a form control, a dialog or the browser. A control that has just been hidden,
 * for example because its dialog was closed, keeps the focus until the browser paints the next frame. Keys pressed until then are
 * meant for the game.
 * @param {KeyboardEvent} event
 */
export function isGameKey({ ctrlKey, metaKey, altKey, target }) {
  if (ctrlKey || metaKey || altKey) return false;
  const control = target instanceof HTMLElement ? target.closest('input, select, button, a, dialog') : null;
  return control === null || !control.checkVisibility();
}
