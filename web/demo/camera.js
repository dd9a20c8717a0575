// @ts-check
// The camera: which part of the world the canvas shows, and at what scale.

/** Visible area during play, in square units: the same for windows of any size and shape, within the limits below. */
const AREA_UNITS = 1440 * 810;
/** Minimum scale during play. It reduces the visible area on small screens, so that ships do not become too small. */
const SCALE_MIN = 0.55;
/** Maximum visible length of the window's longer side, in units. By default, a server limits views to 1920 units. */
const SIDE_UNITS_MAX = 1900;
/** During play, the world fills at least this fraction of the shorter side of the window. */
const WORLD_FRACTION_MIN = 0.86;
/** During play, the outside of the world takes at most this fraction of the window at each side. */
const OUTSIDE_FRACTION_MAX = 0.2;
/** Margin around the whole world in the spectator's view, in pixels. */
const MARGIN_PX = 44;
/** Maximum scale of the spectator's view. */
const SCALE_MAX = 2.5;

/**
 * `x` and `y` are the center of the view, in world units. `scale` is the number of CSS pixels per unit.
 * @typedef {{x: number, y: number, scale: number}} CameraPose
 */

/** Maps world units to CSS pixels of the canvas: pixels = (units − top left corner) × scale. */
export class Camera {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.width = 1;
    this.height = 1;
    /** Height that controls take at the bottom of the window, in CSS pixels. The whole world is shown above them. */
    this.bottomPx = 0;
  }

  /**
   * Sets the size of the canvas, in CSS pixels.
   * @param {number} width
   * @param {number} height
   * @returns {boolean} whether it had another size
   */
  resize(width, height) {
    const before = [this.width, this.height];
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
    return this.width !== before[0] || this.height !== before[1];
  }

  /** @param {CameraPose} pose */
  setPose({ x, y, scale }) {
    this.x = x;
    this.y = y;
    this.scale = scale;
  }

  /**
   * The pose during play, centered on `place`. Near the border of the world, the center is moved inwards, to limit how much
   * of the area outside the world is visible.
   * @param {import('./scene.js').Point} place
   * @param {number} worldSize
   * @returns {CameraPose}
   */
  playPose({ x, y }, worldSize) {
    const scale = Math.max(this.playScale(), (WORLD_FRACTION_MIN * Math.min(this.width, this.height)) / worldSize);
    return { x: clampCenter(x, this.width / scale, worldSize), y: clampCenter(y, this.height / scale, worldSize), scale };
  }

  /**
   * The pose that shows the whole world.
   * @param {number} worldSize
   * @returns {CameraPose}
   */
  wholeWorldPose(worldSize) {
    const scale = (Math.min(this.width, this.height - this.bottomPx) - 2 * MARGIN_PX) / worldSize;
    return { x: worldSize / 2, y: worldSize / 2 + this.bottomPx / 2 / scale, scale };
  }

  /**
   * Limits a spectator's pose to the world and to the allowed scales.
   * @param {CameraPose} pose
   * @param {number} worldSize
   * @returns {CameraPose}
   */
  clampedPose({ x, y, scale }, worldSize) {
    const clamp = (/** @type {number} */ at) => Math.min(Math.max(at, 0), worldSize);
    const scaleMin = Math.min(this.wholeWorldPose(worldSize).scale, SCALE_MAX);
    return { x: clamp(x), y: clamp(y), scale: Math.min(Math.max(scale, scaleMin), SCALE_MAX) };
  }

  /** The center of the canvas, in CSS pixels. */
  center() {
    return { x: this.width / 2, y: this.height / 2 };
  }

  /** The viewport to send to the server: the size of the window in world units, at the scale during play. */
  viewport() {
    const scale = this.playScale();
    return { width: Math.ceil(this.width / scale), height: Math.ceil(this.height / scale) };
  }

  /** The visible part of the world, in units. */
  bounds() {
    const halfWidth = this.width / 2 / this.scale;
    const halfHeight = this.height / 2 / this.scale;
    return { left: this.x - halfWidth, top: this.y - halfHeight, right: this.x + halfWidth, bottom: this.y + halfHeight };
  }

  /**
   * Converts world units to CSS pixels of the canvas.
   * @param {number} x
   * @param {number} y
   */
  toScreen(x, y) {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  /**
   * Converts CSS pixels of the canvas to world units.
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  toWorld(x, y) {
    return { x: (x - this.width / 2) / this.scale + this.x, y: (y - this.height / 2) / this.scale + this.y };
  }

  /**
   * Whether a disc is at least partly visible.
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   */
  sees(x, y, radius) {
    const halfWidth = this.width / 2 / this.scale + radius;
    const halfHeight = this.height / 2 / this.scale + radius;
    return Math.abs(x - this.x) < halfWidth && Math.abs(y - this.y) < halfHeight;
  }

  /**
   * Whether the whole world is visible.
   * @param {number} worldSize
   */
  seesAll(worldSize) {
    const { left, top, right, bottom } = this.bounds();
    return Math.max(left, top) <= 0 && Math.min(right, bottom) >= worldSize;
  }

  playScale() {
    const byArea = Math.sqrt((this.width * this.height) / AREA_UNITS);
    return Math.max(byArea, SCALE_MIN, Math.max(this.width, this.height) / SIDE_UNITS_MAX);
  }
}

/**
 * Limits how much of the area outside the world is visible along one axis. If the world is too small for this limit, the
 * view is centered on the world.
 * @param {number} at desired center
 * @param {number} visible length that the window shows, in units
 * @param {number} worldSize
 */
function clampCenter(at, visible, worldSize) {
  const min = visible * (0.5 - OUTSIDE_FRACTION_MAX);
  return min * 2 > worldSize ? worldSize / 2 : Math.min(Math.max(at, min), worldSize - min);
}
