// @ts-check
// Fingers: on the left half of the arena one flies with a stick that begins wherever the finger comes down; on the right
// half one fires, and aims by dragging.

import { heldBy } from './stick.js';

/** How far a finger moves until a stick is pushed all the way, in CSS pixels. */
export const STICK_PX = 52;

/** A finger that holds a stick. @typedef {{pointer: number, x: number, y: number, dx: number, dy: number}} Finger */

/** Two sticks. */
export class Touch {
  /** @param {HTMLElement} surface what is touched */
  constructor(surface) {
    this.surface = surface;
    /** @type {Finger | null} */
    this.left = null;
    /** @type {Finger | null} */
    this.right = null;
    /** Whether there are fingers at all: a screen that was touched once, or has no other pointer. */
    this.isUsed = window.matchMedia('(hover: none) and (pointer: coarse)').matches;
  }

  /** @param {AbortSignal} signal ends it */
  start(signal) {
    const fingers = (/** @type {(event: PointerEvent) => void} */ handle) => (/** @type {PointerEvent} */ event) => {
      if (event.pointerType === 'touch') handle(event);
    };
    this.surface.addEventListener('pointerdown', fingers((event) => this.handleDown(event)), { signal });
    window.addEventListener('pointermove', fingers((event) => this.handleMove(event)), { signal });
    window.addEventListener('pointerup', fingers((event) => this.handleUp(event)), { signal });
    window.addEventListener('pointercancel', fingers((event) => this.handleUp(event)), { signal });
    // Otherwise a tap is told once more, as a click of a mouse.
    this.surface.addEventListener('touchstart', (event) => event.preventDefault(), { signal, passive: false });
  }

  release() {
    this.left = null;
    this.right = null;
  }

  /** @returns {import('../input.js').Held} */
  held() {
    return { ...heldBy(deflection(this.left), deflection(this.right)), fire: this.right !== null };
  }

  /** @param {PointerEvent} event */
  handleDown({ pointerId, clientX, clientY }) {
    this.isUsed = true;
    const finger = { pointer: pointerId, x: clientX, y: clientY, dx: 0, dy: 0 };
    if (clientX < this.surface.clientWidth / 2) this.left ??= finger;
    else this.right ??= finger;
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
 * Where a finger has its stick.
 * @param {Finger | null} finger
 * @returns {import('./stick.js').Deflection}
 */
export function deflection(finger) {
  if (finger === null) return { x: 0, y: 0 };
  const reach = Math.max(Math.hypot(finger.dx, finger.dy), STICK_PX);
  return { x: finger.dx / reach, y: finger.dy / reach };
}
