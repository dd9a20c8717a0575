// @ts-check
// The on-screen sticks of the touch controls.

import { STICK_PX, deflection } from '../input/touch.js';
import { element } from '../dom.js';

/** Both sticks. They appear on the first touch, or immediately if touch is the only input device. */
export class Sticks {
  /** @param {import('../input/touch.js').Touch} touch */
  constructor(touch) {
    this.touch = touch;
    this.left = new Stick(element('stick-left', HTMLElement));
    this.right = new Stick(element('stick-right', HTMLElement));
  }

  show() {
    document.body.classList.toggle('touches', this.touch.isUsed);
    if (!this.touch.isUsed) return;
    this.left.show(this.touch.left);
    this.right.show(this.touch.right);
  }
}

/** A stick. Its base is where the finger came down, its knob points to where the finger is now. */
class Stick {
  /** @param {HTMLElement} base */
  constructor(base) {
    this.base = base;
    this.knob = base.querySelector('i');
  }

  /** @param {import('../input/touch.js').Finger | null} finger */
  show(finger) {
    const { x, y } = deflection(finger);
    this.base.classList.toggle('held', finger !== null);
    this.base.style.left = finger ? `${finger.x}px` : '';
    this.base.style.top = finger ? `${finger.y}px` : '';
    if (this.knob) this.knob.style.transform = `translate(${x * STICK_PX}px, ${y * STICK_PX}px)`;
  }
}
