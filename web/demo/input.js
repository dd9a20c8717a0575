// @ts-check
// The player's controls, combined from keyboard, mouse, touch screen and gamepad.
//
// All devices can be used together. Each can thrust, fire, dash and choose. If several steer or
// choose, the first of them in `devices` decides.

import { GamepadInput } from './input/gamepad.js';
import { Keyboard } from './input/keyboard.js';
import { Mouse } from './input/mouse.js';
import { Touch } from './input/touch.js';

/** @typedef {import('../netcode/index.js').ControlsValue} ControlsValue */

/** All input devices. */
export class Input {
  /**
   * @param {HTMLElement} surface receives mouse and touch events
   * @param {() => import('./scene.js').Point} shipPosition position of the local ship, in CSS pixels
   * @param {HTMLElement} dashButton
   */
  constructor(surface, shipPosition, dashButton) {
    this.mouse = new Mouse(surface, shipPosition);
    this.touch = new Touch(surface, dashButton);
    /** In order of precedence for steering. The mouse is last because it always points somewhere. */
    this.devices = [new Keyboard(), this.touch, new GamepadInput(), this.mouse];
    /** The choice of an upgrade with a button of the page, until it is sampled. */
    this.chosen = 0;
    /** The controls that the player has used: `aim`, `thrust`, `fire`, `dash`. @type {Set<string>} */
    this.used = new Set();
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /** Starts listening. */
  start() {
    if (this.listening) return;
    this.listening = new AbortController();
    const { signal } = this.listening;
    for (const device of this.devices) device.start(signal);
    window.addEventListener('blur', () => this.release(), { signal });
    document.addEventListener('visibilitychange', () => this.release(), { signal });
  }

  /** Stops listening and releases all controls. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.release();
  }

  /** Releases all controls. Needed when the page loses the focus, because it then gets no release events. */
  release() {
    for (const device of this.devices) device.release();
    this.chosen = 0;
  }

  /** Chooses an upgrade. @param {number} choice its number in the offer, counted from 1 */
  choose(choice) {
    this.chosen = choice;
  }

  /** @returns {ControlsValue} the current controls */
  controls() {
    const all = this.devices.map((device) => device.controls());
    const steering = all.findIndex((controls) => controls.steering !== 'ahead');
    if (steering >= 0 && this.devices[steering] !== this.mouse) this.mouse.isAiming = false;
    const buttons = {
      thrust: all.some(({ thrust }) => thrust),
      fire: all.some(({ fire }) => fire),
      dash: all.some(({ dash }) => dash),
    };
    if (steering >= 0) this.used.add('aim');
    for (const [control, isPressed] of Object.entries(buttons)) if (isPressed) this.used.add(control);
    const { steering: direction, aim } = all[Math.max(steering, 0)];
    const choice = all.find((controls) => controls.choice > 0)?.choice ?? this.chosen;
    this.chosen = 0;
    return { steering: direction, aim, ...buttons, choice };
  }
}
