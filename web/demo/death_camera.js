// @ts-check
// After the loss of the ship, moves the camera from the place of the loss towards the killer.

/** Maximum distance. The server sends only what is near the place of the loss, so everything farther away would be missing. */
export const REACH_UNITS = 320;
/** Fraction of the distance that remains after one second. */
const REMAINING_AFTER_S = 0.05;

/** @typedef {import('./scene.js').Point} Point */

/** The camera of a player who waits for the respawn. */
export class DeathCamera {
  /** @param {{readonly isOn: boolean}} reducedMotion */
  constructor(reducedMotion) {
    this.reducedMotion = reducedMotion;
    /** @type {Point} */
    this.offset = { x: 0, y: 0 };
    this.frameMs = 0;
  }

  /**
   * Returns the center of the camera.
   * @param {Pick<import('./scene.js').Scene, 'phase' | 'killer' | 'ships'>} scene
   * @param {Point} place where the player's ship is, or was destroyed
   * @param {number} nowMs
   * @returns {Point}
   */
  focus({ phase, killer, ships }, place, nowMs) {
    const seconds = (nowMs - this.frameMs) / 1000;
    this.frameMs = nowMs;
    if (phase !== 'dead') this.offset = { x: 0, y: 0 };
    const ship = phase === 'dead' && killer ? ships.find(({ player }) => player === killer.player) : undefined;
    if (ship && !this.reducedMotion.isOn) this.approach({ x: ship.x - place.x, y: ship.y - place.y }, seconds);
    return { x: place.x + this.offset.x, y: place.y + this.offset.y };
  }

  /** @param {Point} wanted offset @param {number} seconds */
  approach({ x, y }, seconds) {
    const scale = Math.min(REACH_UNITS / Math.hypot(x, y), 1) || 0;
    const fraction = 1 - REMAINING_AFTER_S ** seconds;
    this.offset.x += (x * scale - this.offset.x) * fraction;
    this.offset.y += (y * scale - this.offset.y) * fraction;
  }
}
