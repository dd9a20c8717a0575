// @ts-check
// What the player holds, on whatever there is to hold: keyboard, mouse, touch screen, gamepad.
//
// Several can be used at once. Any of them thrusts and fires; the first of them that steers has it.

import { Keyboard } from './input/keyboard.js';
import { Mouse } from './input/mouse.js';
import { Pad } from './input/gamepad.js';
import { Touch } from './input/touch.js';

/**
 * What a player holds. `aim` counts only where the steering is `towards`, in 1024ths of a turn.
 * @typedef {object} Held
 * @property {'ahead' | 'left' | 'right' | 'towards'} steering
 * @property {number} aim
 * @property {boolean} thrust
 * @property {boolean} fire
 */

/** All that one can hold. */
export class Input {
  /**
   * @param {HTMLElement} surface what is aimed at, clicked on, touched
   * @param {() => import('./scene.js').Place} shipPlace where the own ship is in the window
   */
  constructor(surface, shipPlace) {
    this.mouse = new Mouse(surface, shipPlace);
    this.touch = new Touch(surface);
    /** The mouse is last: it always points somewhere. */
    this.devices = [new Keyboard(), this.touch, new Pad(), this.mouse];
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

  /** Stops listening, and lets go of everything. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.release();
  }

  /** Lets go of everything: what is let go of while nobody listens is never told. */
  release() {
    for (const device of this.devices) device.release();
  }

  /**
   * What is held now.
   * @returns {Held}
   */
  held() {
    const held = this.devices.map((device) => device.held());
    const steerer = held.findIndex(({ steering }) => steering !== 'ahead');
    if (steerer >= 0 && this.devices[steerer] !== this.mouse) this.mouse.aims = false;
    const { steering, aim } = held[Math.max(steerer, 0)];
    return { steering, aim, thrust: held.some(({ thrust }) => thrust), fire: held.some(({ fire }) => fire) };
  }
}
