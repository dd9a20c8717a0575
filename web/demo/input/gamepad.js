// @ts-check
// A gamepad with the standard mapping (W3C Gamepad, section 11): the left stick flies, the right one aims.

import { heldBy } from './stick.js';

/** Buttons by number: A, X, the right bumper and the right trigger fire; B, the left bumper and the left trigger thrust. */
const FIRE_BUTTONS = Object.freeze([0, 2, 5, 7]);
const THRUST_BUTTONS = Object.freeze([1, 4, 6]);

/** The first gamepad there is. It can come and go at any time. */
export class Pad {
  start() {}

  release() {}

  /** @returns {import('../input.js').Held} */
  held() {
    const pad = connected();
    if (!pad) return { steering: 'ahead', aim: 0, thrust: false, fire: false };
    const [flyX = 0, flyY = 0, aimX = 0, aimY = 0] = pad.axes;
    const isHeld = (/** @type {readonly number[]} */ buttons) => buttons.some((button) => pad.buttons[button]?.pressed);
    const { thrust, ...steering } = heldBy({ x: flyX, y: flyY }, { x: aimX, y: aimY });
    return { ...steering, thrust: thrust || isHeld(THRUST_BUTTONS), fire: isHeld(FIRE_BUTTONS) };
  }
}

function connected() {
  const pads = navigator.getGamepads?.() ?? [];
  return pads.find((pad) => pad?.connected && pad.mapping === 'standard') ?? null;
}
