// @ts-check
// A gamepad with the standard mapping (W3C Gamepad, "Remapping"): the left stick steers and thrusts, the right one aims.

import { controlsFromSticks } from './stick.js';

/** Button indices: A, X, right bumper and right trigger fire; B, left bumper and left trigger thrust. */
const FIRE_BUTTONS = Object.freeze([0, 2, 5, 7]);
const THRUST_BUTTONS = Object.freeze([1, 4, 6]);

/** The first connected gamepad. It may be connected or disconnected at any time. */
export class GamepadInput {
  start() {}

  release() {}

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const pad = connectedGamepad();
    if (!pad) return { steering: 'ahead', aim: 0, thrust: false, fire: false };
    const [leftX = 0, leftY = 0, rightX = 0, rightY = 0] = pad.axes;
    const isAnyPressed = (/** @type {readonly number[]} */ buttons) => buttons.some((button) => pad.buttons[button]?.pressed);
    const { thrust, ...steering } = controlsFromSticks({ x: leftX, y: leftY }, { x: rightX, y: rightY });
    return { ...steering, thrust: thrust || isAnyPressed(THRUST_BUTTONS), fire: isAnyPressed(FIRE_BUTTONS) };
  }
}

function connectedGamepad() {
  const pads = navigator.getGamepads?.() ?? [];
  return pads.find((pad) => pad?.connected && pad.mapping === 'standard') ?? null;
}
