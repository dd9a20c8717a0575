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
 */

const STEERINGS = /** @type {const} */ (['ahead', 'left', 'right', 'towards']);
const TOWARDS = 3;
const THRUST = 1 << 12;
const FIRE = 1 << 13;

export const Controls = Object.freeze({
  /** @type {ControlsValue} neither steering, thrusting nor firing */
  NONE: Object.freeze({ steering: 'ahead', aim: 0, thrust: false, fire: false }),

  /**
   * Encodes controls as a number: bits 0–9 aim, 10–11 steering, 12 thrust, 13 fire.
   * @param {ControlsValue} controls
   * @returns {number}
   */
  toBits({ steering, aim, thrust, fire }) {
    const turns = STEERINGS.indexOf(steering);
    return (turns === TOWARDS ? aim & 0x3ff : 0) | (turns << 10) | (thrust ? THRUST : 0) | (fire ? FIRE : 0);
  },

  /**
   * @param {number} bits
   * @returns {ControlsValue | null} the controls with that encoding; `null` if the encoding is invalid
   */
  fromBits(bits) {
    const turns = (bits >> 10) & 3;
    const aim = bits & 0x3ff;
    if (bits >> 14 !== 0 || (turns !== TOWARDS && aim !== 0)) {
      return null;
    }
    return { steering: STEERINGS[turns], aim, thrust: (bits & THRUST) !== 0, fire: (bits & FIRE) !== 0 };
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
    };
  },

  /** @param {ControlsValue} a @param {ControlsValue} b @returns {boolean} whether they are equal */
  equal: (a, b) => Controls.toBits(a) === Controls.toBits(b),
});
