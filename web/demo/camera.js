// @ts-check
// Which part of the world the canvas shows, and how large.

/** How much of the world is seen, in square units: 1600 × 900, whatever the window's shape. */
const AREA_UNITS = 1600 * 900;
/** On a small screen things are shown no smaller than this, and less of the world instead. */
const SCALE_MIN = 0.55;
/** In a window of an odd shape no more than this is seen along its longer side: servers show little more. */
const SIDE_UNITS_MAX = 1900;
/** What is left free around the whole world when a spectator looks at it, in pixels. */
const MARGIN_PX = 44;

/** A view of the world: canvas pixels (of CSS) = (world units − top left corner) × scale. */
export class Camera {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.width = 1;
    this.height = 1;
  }

  /**
   * Takes the canvas's size in CSS pixels.
   * @param {number} width
   * @param {number} height
   */
  resize(width, height) {
    this.width = Math.max(width, 1);
    this.height = Math.max(height, 1);
  }

  /**
   * Looks at a place, at the scale of play.
   * @param {import('./scene.js').Place} place
   */
  lookAt({ x, y }) {
    this.scale = this.playScale();
    this.x = x;
    this.y = y;
  }

  /**
   * Shows all of a square world.
   * @param {number} worldSize
   */
  showAll(worldSize) {
    this.scale = (Math.min(this.width, this.height) - 2 * MARGIN_PX) / worldSize;
    this.x = worldSize / 2;
    this.y = worldSize / 2;
  }

  /** How many world units the window shows in play; what the server is told. */
  viewport() {
    const scale = this.playScale();
    return { width: Math.ceil(this.width / scale), height: Math.ceil(this.height / scale) };
  }

  /** The part of the world that is seen, in units. */
  bounds() {
    const halfWidth = this.width / 2 / this.scale;
    const halfHeight = this.height / 2 / this.scale;
    return { left: this.x - halfWidth, top: this.y - halfHeight, right: this.x + halfWidth, bottom: this.y + halfHeight };
  }

  /**
   * Where a place is on the canvas, in CSS pixels.
   * @param {number} x
   * @param {number} y
   */
  toScreen(x, y) {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  /**
   * Whether anything of a disc is seen.
   * @param {number} x
   * @param {number} y
   * @param {number} radius
   */
  sees(x, y, radius) {
    const halfWidth = this.width / 2 / this.scale + radius;
    const halfHeight = this.height / 2 / this.scale + radius;
    return Math.abs(x - this.x) < halfWidth && Math.abs(y - this.y) < halfHeight;
  }

  playScale() {
    const byArea = Math.sqrt((this.width * this.height) / AREA_UNITS);
    return Math.max(byArea, SCALE_MIN, Math.max(this.width, this.height) / SIDE_UNITS_MAX);
  }
}
