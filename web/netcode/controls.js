// @ts-check
/** A player's controls. Mirrors the Rust `Controls` of the arena. */

/**
 * The state of a player's keys and aim. Immutable: replace the object instead of modifying it.
 * @typedef {object} ControlsValue
 * @property {'ahead' | 'left' | 'right' | 'towards'} steering how the ship turns. `ahead`: it does not turn. `towards`: it
 *   turns to the heading `aim`
 * @property {number} aim the heading to turn to, in 1024ths of a turn; 0 unless `steering` is `'towards'`
 * @property {boolean} thrust whether the engine is on
 * @property {boolean} fire if `true`, the gun fires as soon as it is ready
 * @property {boolean} dash if `true`, the ship dashes as soon as it is ready
 * @property {number} choice number of the upgrade that the player chooses from the ship's offer, from 1 to 3; 0 for none
 */

const STEERINGS = /** @type {const} */ (['ahead', 'left', 'right']);
/** Bit that is set if bits 0–9 are the aim. Otherwise, they are the number of the steering. */
const TOWARDS = 1 << 10;
const THRUST = 1 << 11;
const FIRE = 1 << 12;
const DASH = 1 << 13;
const CHOICE_SHIFT = 14;

export const Controls = Object.freeze({
  /** @type {ControlsValue} all controls released */
  NONE: Object.freeze({ steering: 'ahead', aim: 0, thrust: false, fire: false, dash: false, choice: 0 }),

  /**
   * Encodes controls as a number: bits 0–10 steering (0 ahead, 1 left, 2 right, 1024 + aim), 11 thrust, 12 fire, 13 dash,
   * 14–15 choice.
   * @param {ControlsValue} controls
   * @returns {number}
   */
  toBits({ steering, aim, thrust, fire, dash, choice }) {
    const turns = steering === 'towards' ? TOWARDS | (aim & (TOWARDS - 1)) : STEERINGS.indexOf(steering);
    return turns | (thrust ? THRUST : 0) | (fire ? FIRE : 0) | (dash ? DASH : 0) | (choice << CHOICE_SHIFT);
  },

  /**
   * @param {number} bits
   * @returns {ControlsValue | null} the controls with that encoding; `null` if the encoding is invalid
   */
  fromBits(bits) {
    const number = bits & (TOWARDS - 1);
    const isTowards = (bits & TOWARDS) !== 0;
    if (!isTowards && number >= STEERINGS.length) {
      return null;
    }
    const isPressed = (/** @type {number} */ key) => (bits & key) !== 0;
    return {
      steering: isTowards ? 'towards' : STEERINGS[number],
      aim: isTowards ? number : 0,
      thrust: isPressed(THRUST),
      fire: isPressed(FIRE),
      dash: isPressed(DASH),
      choice: bits >> CHOICE_SHIFT,
    };
  },

  /**
   * Extends short key presses to a whole tick. The server applies only the last input of a tick, so it would not see a key
   * that is released in the tick in which it was pressed.
   * @param {ControlsValue} before the controls of the previous tick
   * @param {ControlsValue} sent the controls already sent for this tick
   * @param {ControlsValue} current the controls now
   * @returns {ControlsValue} the current controls, plus the keys that were pressed in this tick and are already released
   */
  holdPresses(before, sent, current) {
    const isSteeringPressed = sent.steering !== before.steering && sent.steering !== 'ahead';
    const isSteeringReplaced = ['left', 'right', sent.steering].includes(current.steering);
    const { steering, aim } = isSteeringPressed && !isSteeringReplaced ? sent : current;
    return {
      steering,
      aim,
      thrust: current.thrust || (sent.thrust && !before.thrust),
      fire: current.fire || (sent.fire && !before.fire),
      dash: current.dash || (sent.dash && !before.dash),
      choice: current.choice || (sent.choice !== before.choice ? sent.choice : 0),
    };
  },

  /** @param {ControlsValue} controls @returns {Uint8Array} their encoding in messages */
  encode(controls) {
    const bits = Controls.toBits(controls);
    return Uint8Array.of(bits & 0xff, bits >> 8);
  },

  /**
   * @param {ControlsValue} before @param {ControlsValue} after
   * @returns {boolean} whether the change must be sent at once, because something other than the aim has changed
   */
  isUrgent: (before, after) => !Controls.equal({ ...before, aim: 0 }, { ...after, aim: 0 }),

  /** @param {ControlsValue} a @param {ControlsValue} b @returns {boolean} whether they are equal */
  equal: (a, b) => Controls.toBits(a) === Controls.toBits(b),
});
