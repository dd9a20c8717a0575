// @ts-check
// Mouse and pen: the ship turns towards the pointer; buttons fire, thrust and dash.

import { Presses } from '../../netcode/index.js';
import { angleSteps } from './stick.js';

const FIRE_BUTTON = 0;
const THRUST_BUTTON = 2;
const DASH_BUTTON = 1;

/** Mouse and pen. */
export class Mouse {
  /**
   * @param {HTMLElement} surface receives the clicks
   * @param {() => import('../scene.js').Point} shipPosition position of the local ship, in CSS pixels
   */
  constructor(surface, shipPosition) {
    this.surface = surface;
    this.shipPosition = shipPosition;
    /** @type {Presses<number>} */
    this.buttons = new Presses();
    this.pointer = { x: -1, y: -1 };
    /** Whether the pointer steers. Another device can take over. Then a move or click makes the pointer steer again. */
    this.isAiming = false;
  }

  /** @param {AbortSignal} signal stops listening */
  start(signal) {
    window.addEventListener('pointermove', (event) => this.handlePointerMove(event), { signal });
    window.addEventListener('mouseup', (event) => this.buttons.release(event.button), { signal });
    this.surface.addEventListener('mousedown', (event) => this.handleMouseDown(event), { signal });
    this.surface.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  release() {
    this.buttons.clear();
  }

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const ship = this.shipPosition();
    const pressed = this.buttons.sample();
    return {
      steering: this.isAiming ? 'towards' : 'ahead',
      aim: this.isAiming ? angleSteps(this.pointer.x - ship.x, this.pointer.y - ship.y) : 0,
      thrust: pressed.has(THRUST_BUTTON),
      fire: pressed.has(FIRE_BUTTON),
      dash: pressed.has(DASH_BUTTON),
      choice: 0,
    };
  }

  /** @param {MouseEvent} event */
  handleMouseDown(event) {
    event.preventDefault();
    this.buttons.press(event.button);
    this.pointAt(event);
  }

  /** @param {PointerEvent} event */
  handlePointerMove(event) {
    const isSamePosition = event.clientX === this.pointer.x && event.clientY === this.pointer.y;
    if (event.pointerType !== 'touch' && !isSamePosition) this.pointAt(event);
  }

  /** @param {MouseEvent} event */
  pointAt({ clientX, clientY }) {
    this.pointer = { x: clientX, y: clientY };
    this.isAiming = true;
  }
}
