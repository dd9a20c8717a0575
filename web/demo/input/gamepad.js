// @ts-check
// A gamepad with the standard mapping (W3C Gamepad, "Remapping"): the left stick steers and thrusts, the right one aims.

import { Controls } from '../../netcode/index.js';
import { controlsFromSticks } from './stick.js';

/**
 * Button indices: A, X, right bumper and right trigger fire; left bumper and left trigger thrust; B and Y dash; left,
 * up and right of the directional pad choose the first, second and third upgrade of an offer.
 */
const FIRE_BUTTONS = Object.freeze([0, 2, 5, 7]);
const THRUST_BUTTONS = Object.freeze([4, 6]);
const DASH_BUTTONS = Object.freeze([1, 3]);
const CHOICE_BUTTONS = Object.freeze([14, 12, 15]);

/** The first connected gamepad. It may be connected or disconnected at any time. */
export class GamepadInput {
  start() {}

  release() {}

  /** @returns {import('../../netcode/index.js').ControlsValue} */
  controls() {
    const pad = connectedGamepad();
    if (!pad) return Controls.NONE;
    const [leftX = 0, leftY = 0, rightX = 0, rightY = 0] = pad.axes;
    const isAnyPressed = (/** @type {readonly number[]} */ buttons) => buttons.some((button) => pad.buttons[button]?.pressed);
    const { thrust, ...steering } = controlsFromSticks({ x: leftX, y: leftY }, { x: rightX, y: rightY });
    const [fire, dash] = [isAnyPressed(FIRE_BUTTONS), isAnyPressed(DASH_BUTTONS)];
    const choice = CHOICE_BUTTONS.findIndex((button) => isAnyPressed([button])) + 1;
    return { ...steering, thrust: thrust || isAnyPressed(THRUST_BUTTONS), fire, dash, choice };
  }
}

function connectedGamepad() {
  const pads = navigator.getGamepads?.() ?? [];
  return pads.find((pad) => pad?.connected && pad.mapping === 'standard') ?? null;
}
