// @ts-check
/** What a player holds. Mirrors `arena/controls.rs`. */

/**
 * What a player holds. A value: put another in its place, never change it.
 * @typedef {object} ControlsValue
 * @property {'ahead' | 'left' | 'right' | 'towards'} steering where the ship turns
 * @property {number} aim the heading it turns to and keeps, in 1024ths of a turn; 0 where `steering` is not `'towards'`
 * @property {boolean} thrust whether the engine runs
 * @property {boolean} fire whether the gun fires as often as it can
 */

const STEERINGS = /** @type {const} */ (['ahead', 'left', 'right', 'towards']);
const TOWARDS = 3;
const THRUST = 1 << 12;
const FIRE = 1 << 13;

export const Controls = Object.freeze({
  /** @type {ControlsValue} a player who does nothing */
  NONE: Object.freeze({ steering: 'ahead', aim: 0, thrust: false, fire: false }),

  /**
   * The controls as a number: bits 0–9 the aim, 10–11 the steering, 12 thrust, 13 fire.
   * @param {ControlsValue} controls
   * @returns {number}
   */
  toBits({ steering, aim, thrust, fire }) {
    const turns = STEERINGS.indexOf(steering);
    return (turns === TOWARDS ? aim & 0x3ff : 0) | (turns << 10) | (thrust ? THRUST : 0) | (fire ? FIRE : 0);
  },

  /**
   * @param {number} bits
   * @returns {ControlsValue | null} the controls of that number, if it is one
   */
  fromBits(bits) {
    const turns = (bits >> 10) & 3;
    const aim = bits & 0x3ff;
    if (bits >> 14 !== 0 || (turns !== TOWARDS && aim !== 0)) {
      return null;
    }
    return { steering: STEERINGS[turns], aim, thrust: (bits & THRUST) !== 0, fire: (bits & FIRE) !== 0 };
  },

  /** @param {ControlsValue} a @param {ControlsValue} b @returns {boolean} whether they do the same */
  equal: (a, b) => Controls.toBits(a) === Controls.toBits(b),
});
