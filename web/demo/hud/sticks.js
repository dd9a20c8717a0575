// @ts-check
// Where the fingers have their sticks.

import { STICK_PX, deflection } from '../input/touch.js';
import { element } from '../page.js';

/** Both sticks. They are shown from the first touch on. */
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

/** A stick: its base where the finger came down, its knob where the finger is. */
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
