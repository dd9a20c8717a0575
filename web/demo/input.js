// @ts-check
// The player's controls, combined from keyboard, mouse, touch screen and gamepad.
//
// All devices can be used together. Each can thrust and fire. If several steer, the first of them in `devices` decides.

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
   */
  constructor(surface, shipPosition) {
    this.mouse = new Mouse(surface, shipPosition);
    this.touch = new Touch(surface);
    /** In order of precedence for steering. The mouse is last because it always points somewhere. */
    this.devices = [new Keyboard(), this.touch, new GamepadInput(), this.mouse];
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
  }

  /** @returns {ControlsValue} the current controls */
  controls() {
    const all = this.devices.map((device) => device.controls());
    const steering = all.findIndex((controls) => controls.steering !== 'ahead');
    if (steering >= 0 && this.devices[steering] !== this.mouse) this.mouse.isAiming = false;
    return {
      steering: all[Math.max(steering, 0)].steering,
      aim: all[Math.max(steering, 0)].aim,
      thrust: all.some(({ thrust }) => thrust),
      fire: all.some(({ fire }) => fire),
    };
  }
}
