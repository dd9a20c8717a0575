// @ts-check
// What the player holds: keyboard and mouse, turned into controls.
//
// The ship turns towards the pointer until a key turns it; then the pointer counts again once it moves. Keys are told by
// `event.code`, so that W, A and D are where they are on every keyboard layout.

/** Angles are sent in steps of this many 1024ths of a turn, so that a trembling hand sends nothing. */
const AIM_STEPS = 4;

const THRUST_CODES = new Set(['KeyW', 'ArrowUp']);
const LEFT_CODES = new Set(['KeyA', 'ArrowLeft']);
const RIGHT_CODES = new Set(['KeyD', 'ArrowRight']);
const FIRE_CODES = new Set(['Space']);
const HELD_CODES = new Set([...THRUST_CODES, ...LEFT_CODES, ...RIGHT_CODES, ...FIRE_CODES]);
const SCROLLING_CODES = new Set([...HELD_CODES, 'ArrowDown']);

const FIRE_BUTTON = 0;
const THRUST_BUTTON = 2;

/**
 * What a player holds. `aim` counts only where the steering is `towards`, in 1024ths of a turn.
 * @typedef {object} Held
 * @property {'ahead' | 'left' | 'right' | 'towards'} steering
 * @property {number} aim
 * @property {boolean} thrust
 * @property {boolean} fire
 */

/** The keyboard and the mouse. */
export class Input {
  /** @param {HTMLElement} surface what is aimed at and clicked on; the ship is in its middle */
  constructor(surface) {
    this.surface = surface;
    /** @type {Set<string>} */
    this.codes = new Set();
    /** @type {Set<number>} */
    this.buttons = new Set();
    this.aim = 0;
    this.pointerAims = false;
    this.pointer = { x: -1, y: -1 };
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /** Starts listening. */
  start() {
    if (this.listening) return;
    this.listening = new AbortController();
    const { signal } = this.listening;
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    window.addEventListener('keyup', (event) => this.codes.delete(event.code), { signal });
    window.addEventListener('blur', () => this.release(), { signal });
    document.addEventListener('visibilitychange', () => this.release(), { signal });
    window.addEventListener('pointermove', (event) => this.handlePointer(event), { signal });
    window.addEventListener('mouseup', (event) => this.buttons.delete(event.button), { signal });
    this.surface.addEventListener('mousedown', (event) => this.handleMouseDown(event), { signal });
    this.surface.addEventListener('contextmenu', (event) => event.preventDefault(), { signal });
  }

  /** Stops listening, and lets go of everything. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.release();
  }

  /**
   * What is held now.
   * @returns {Held}
   */
  held() {
    const isHeld = (/** @type {Set<string>} */ codes) => [...codes].some((code) => this.codes.has(code));
    const turn = Number(isHeld(RIGHT_CODES)) - Number(isHeld(LEFT_CODES));
    const steering = turn < 0 ? 'left' : turn > 0 ? 'right' : this.pointerAims ? 'towards' : 'ahead';
    return {
      steering,
      aim: steering === 'towards' ? this.aim : 0,
      thrust: isHeld(THRUST_CODES) || this.buttons.has(THRUST_BUTTON),
      fire: isHeld(FIRE_CODES) || this.buttons.has(FIRE_BUTTON),
    };
  }

  release() {
    this.codes.clear();
    this.buttons.clear();
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLElement && event.target.matches('input, button, a')) return;
    if (SCROLLING_CODES.has(event.code)) event.preventDefault();
    if (!HELD_CODES.has(event.code)) return;
    this.codes.add(event.code);
    if (LEFT_CODES.has(event.code) || RIGHT_CODES.has(event.code)) this.pointerAims = false;
  }

  /** @param {MouseEvent} event */
  handleMouseDown(event) {
    event.preventDefault();
    this.buttons.add(event.button);
    this.pointAt(event.clientX, event.clientY);
  }

  /** @param {PointerEvent} event */
  handlePointer(event) {
    const isStill = event.clientX === this.pointer.x && event.clientY === this.pointer.y;
    if (!isStill) this.pointAt(event.clientX, event.clientY);
  }

  /**
   * @param {number} clientX
   * @param {number} clientY
   */
  pointAt(clientX, clientY) {
    this.pointer = { x: clientX, y: clientY };
    const { left, top, width, height } = this.surface.getBoundingClientRect();
    const turns = Math.atan2(clientY - top - height / 2, clientX - left - width / 2) / (2 * Math.PI);
    this.aim = (Math.round((turns * 1024) / AIM_STEPS) * AIM_STEPS + 1024) % 1024;
    this.pointerAims = true;
  }
}
