// @ts-check
// Touch controls: a stick on the left half of the screen steers and thrusts, one on the right half fires and aims. The center
// of a stick is where the finger comes down. A double tap on the left half dashes, and so does the dash button.

import { DoubleTap } from './double_tap.js';
import { controlsFromSticks } from './stick.js';

/** Finger movement for full deflection, in CSS pixels. */
export const STICK_PX = 52;

/** A finger's start and movement. @typedef {{pointer: number, x: number, y: number, dx: number, dy: number}} Finger */

/** Two virtual sticks. */
export class Touch {
  /**
   * @param {HTMLElement} surface receives the touches
   * @param {EventTarget} dashButton
   */
  constructor(surface, dashButton) {
    this.surface = surface;
    this.dashButton = dashButton;
    this.leftTaps = new DoubleTap();
    /** Whether the player asked for a dash since the last sample. */
    this.isDashing = false;
    /** @type {Finger | null} */
    this.left = null;
    /** @type {Finger | null} */
    this.right = null;
    /** Whether a finger came down on the right half since the last sample, even if it was lifted since. */
    this.isTapped = false;
    /** Whether to show the sticks: on devices without a mouse, and after the first touch. */
    this.isUsed = window.matchMedia('(hover: none) and (pointer: coarse)').matches;
  }

  /** @param {AbortSignal} signal stops listening */
  start(signal) {
    const ifTouch = (/** @type {(event: PointerEvent) => void} */ handle) => (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === 'touch') handle(event);
    };
    this.surface.addEventListener('pointerdown', ifTouch((event) => this.handleDown(event)), { signal });
    this.dashButton.addEventListener('pointerdown', () => { this.isDashing = true; }, { signal });
    window.addEventListener('pointermove', ifTouch((event) => this.handleMove(event)), { signal });
    window.addEventListener('pointerup', ifTouch((event) => this.handleUp(event)), { signal });
    window.addEventListener('pointercancel', ifTouch((event) => this.handleUp(event)), { signal });
    // Prevents the mouse events that browsers emulate for touches.
    this.surface.addEventListener('touchstart', (event) => event.preventDefault(), { signal, passive: false });
  }

  release() {
    this.left = null;
    this.right = null;
    this.isTapped = false;
    this.isDashing = false;
  }

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const fire = this.right !== null || this.isTapped;
    const dash = this.isDashing;
    this.isTapped = false;
    this.isDashing = false;
    return { ...controlsFromSticks(deflection(this.left), deflection(this.right)), fire, dash, choice: 0 };
  }

  /** @param {PointerEvent} event */
  handleDown({ pointerId, clientX, clientY, timeStamp }) {
    this.isUsed = true;
    const finger = { pointer: pointerId, x: clientX, y: clientY, dx: 0, dy: 0 };
    if (clientX < this.surface.clientWidth / 2) {
      this.left ??= finger;
      if (this.leftTaps.tap(timeStamp)) this.isDashing = true;
    } else {
      this.right ??= finger;
      this.isTapped = true;
    }
  }

  /** @param {PointerEvent} event */
  handleMove({ pointerId, clientX, clientY }) {
    for (const finger of [this.left, this.right]) {
      if (finger?.pointer !== pointerId) continue;
      finger.dx = clientX - finger.x;
      finger.dy = clientY - finger.y;
    }
  }

  /** @param {PointerEvent} event */
  handleUp({ pointerId }) {
    if (this.left?.pointer === pointerId) this.left = null;
    if (this.right?.pointer === pointerId) this.right = null;
  }
}

/**
 * The deflection of a finger's stick.
 * @param {Finger | null} finger
 * @returns {import('./stick.js').Deflection}
 */
export function deflection(finger) {
  if (finger === null) return { x: 0, y: 0 };
  const reach = Math.max(Math.hypot(finger.dx, finger.dy), STICK_PX);
  return { x: finger.dx / reach, y: finger.dy / reach };
}
