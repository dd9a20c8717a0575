// @ts-check
// Which part of the world the canvas shows, and how large.

/** How much of the world is seen, in square units: 1440 × 810, whatever the window's shape. */
const AREA_UNITS = 1440 * 810;
/** On a small screen things are shown no smaller than this, and less of the world instead. */
const SCALE_MIN = 0.55;
/** In a window of an odd shape no more than this is seen along its longer side: servers show little more. */
const SIDE_UNITS_MAX = 1900;
/** A small world fills at least this part of the window, in play. */
const WORLD_PART_MIN = 0.86;
/** In play no more than this part of the window lies outside of the world, on a side. */
const OUTSIDE_PART_MAX = 0.2;
/** What is left free around the whole world when a spectator looks at it, in pixels. */
const MARGIN_PX = 44;
/** Closer than this a spectator sees no more. */
const SCALE_MAX = 2.5;

/** Where a camera looks, and how large it shows things. @typedef {{x: number, y: number, scale: number}} Look */

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

  /** Looks somewhere. @param {Look} look */
  look({ x, y, scale }) {
    this.x = x;
    this.y = y;
    this.scale = scale;
  }

  /**
   * How it looks at a place in play: mostly at the world, also near its border.
   * @param {import('./scene.js').Place} place
   * @param {number} worldSize
   * @returns {Look}
   */
  playLook({ x, y }, worldSize) {
    const scale = Math.max(this.playScale(), (WORLD_PART_MIN * Math.min(this.width, this.height)) / worldSize);
    return { x: within(x, this.width / scale, worldSize), y: within(y, this.height / scale, worldSize), scale };
  }

  /**
   * How it looks at all of a square world.
   * @param {number} worldSize
   * @returns {Look}
   */
  wholeLook(worldSize) {
    const scale = (Math.min(this.width, this.height) - 2 * MARGIN_PX) / worldSize;
    return { x: worldSize / 2, y: worldSize / 2, scale };
  }

  /**
   * How it looks freely: not past the world's edge, from no nearer and no farther than makes sense.
   * @param {Look} look
   * @param {number} worldSize
   * @returns {Look}
   */
  freeLook({ x, y, scale }, worldSize) {
    const inside = (/** @type {number} */ at) => Math.min(Math.max(at, 0), worldSize);
    const farthest = Math.min(this.wholeLook(worldSize).scale, SCALE_MAX);
    return { x: inside(x), y: inside(y), scale: Math.min(Math.max(scale, farthest), SCALE_MAX) };
  }

  /** The middle of the window, in CSS pixels. */
  middle() {
    return { x: this.width / 2, y: this.height / 2 };
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
   * What place is seen there.
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  toWorld(x, y) {
    return { x: (x - this.width / 2) / this.scale + this.x, y: (y - this.height / 2) / this.scale + this.y };
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

  /**
   * Whether all of a square world is seen.
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
 * Keeps the camera from showing too much of what is outside; a world that is small is in the middle.
 * @param {number} at
 * @param {number} seen how much of the world the window shows
 * @param {number} worldSize
 */
function within(at, seen, worldSize) {
  const nearest = seen * (0.5 - OUTSIDE_PART_MAX);
  return nearest * 2 > worldSize ? worldSize / 2 : Math.min(Math.max(at, nearest), worldSize - nearest);
}
