// @ts-check
// The mouse, and pens: the ship turns towards the pointer, buttons fire and thrust.

import { aimAlong } from './stick.js';

const FIRE_BUTTON = 0;
const THRUST_BUTTON = 2;

/** The mouse. */
export class Mouse {
  /**
   * @param {HTMLElement} surface what is clicked on
   * @param {() => import('../scene.js').Place} shipPlace where the own ship is in the window
   */
  constructor(surface, shipPlace) {
    this.surface = surface;
    this.shipPlace = shipPlace;
    /** @type {Set<number>} */
    this.buttons = new Set();
    this.pointer = { x: -1, y: -1 };
    /** Until the pointer moves again it does not count once something else has steered. */
    this.aims = false;
  }

  /** @param {AbortSignal} signal ends it */
  start(signal) {
    window.addEventListener('pointermove', (event) => this.handleMove(event), { signal });
    window.addEventListener('mouseup', (event) => this.buttons.delete(event.button), { signal });
    this.surface.addEventListener('mousedown', (event) => this.handleDown(event), { signal });
    this.surface.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  release() {
    this.buttons.clear();
  }

  /** @returns {import('../input.js').Held} */
  held() {
    const ship = this.shipPlace();
    return {
      steering: this.aims ? 'towards' : 'ahead',
      aim: this.aims ? aimAlong(this.pointer.x - ship.x, this.pointer.y - ship.y) : 0,
      thrust: this.buttons.has(THRUST_BUTTON),
      fire: this.buttons.has(FIRE_BUTTON),
    };
  }

  /** @param {MouseEvent} event */
  handleDown(event) {
    event.preventDefault();
    this.buttons.add(event.button);
    this.pointAt(event);
  }

  /** @param {PointerEvent} event */
  handleMove(event) {
    const isStill = event.clientX === this.pointer.x && event.clientY === this.pointer.y;
    if (event.pointerType !== 'touch' && !isStill) this.pointAt(event);
  }

  /** @param {MouseEvent} event */
  pointAt({ clientX, clientY }) {
    this.pointer = { x: clientX, y: clientY };
    this.aims = true;
  }
}
