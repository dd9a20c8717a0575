// @ts-check
// A map of the arena. It marks the part that the window shows, and the ships, rocks and orbs in view. A ship out of view is
// drawn where the server's latest map shows it. This map arrives once per second. The map is hidden while the window shows
// the whole arena.

import { element } from '../dom.js';
import { COLOURS, playerColour, withAlpha } from '../theme.js';

const PAD_PX = 8;
const PIXEL_RATIO_MAX = 2;
const ROCK = '#45526e';
const GROUND = '#0a101e';
const CROWN = new Path2D('M -4 3 L -4 -2 L -2 0 L 0 -3 L 2 0 L 4 -2 L 4 3 Z');
const CROWN_COLOUR = '#ffd66b';
/** Opacity of a square that contains 1, 2 or more, and 4 or more ships. */
const CROWD_ALPHAS = [0, 0.16, 0.3, 0.5];

/** The minimap. */
export class Minimap {
  /** @param {import('../camera.js').Camera} camera */
  constructor(camera) {
    this.camera = camera;
    this.canvas = element('minimap', HTMLCanvasElement);
    this.context = this.canvas.getContext('2d');
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    const { context } = this;
    this.canvas.hidden = scene.worldSize === 0 || this.camera.seesAll(scene.worldSize);
    const side = this.canvas.clientWidth;
    if (!context || side === 0) return;
    this.fit(side);
    const scale = (side - 2 * PAD_PX) / scene.worldSize;
    this.drawGround(context, side);
    context.translate(PAD_PX, PAD_PX);
    if (scene.map) this.drawFarShips(context, scene.map, scale);
    for (const { x, y, radius } of scene.rocks) dot(context, x * scale, y * scale, Math.max(radius * scale, 1), ROCK);
    for (const orb of scene.orbs) dot(context, orb.x * scale, orb.y * scale, 1.1, COLOURS.orb);
    for (const ship of scene.ships) drawShip(context, ship, scale);
    drawCrown(context, scene, scale);
    this.drawView(context, scale, scene.worldSize);
  }

  /** @param {number} side */
  fit(side) {
    const pixelRatio = Math.min(window.devicePixelRatio || 1, PIXEL_RATIO_MAX);
    const pixels = Math.round(side * pixelRatio);
    if (this.canvas.width !== pixels) {
      this.canvas.width = pixels;
      this.canvas.height = pixels;
    }
    this.context?.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} side
   */
  drawGround(context, side) {
    // The ground is opaque. Otherwise, ships of the arena behind the map would look like ships on the map.
    context.fillStyle = GROUND;
    context.fillRect(0, 0, side, side);
    context.strokeStyle = withAlpha(COLOURS.border, 0.65);
    context.lineWidth = 1;
    context.strokeRect(PAD_PX - 0.5, PAD_PX - 0.5, side - 2 * PAD_PX + 1, side - 2 * PAD_PX + 1);
  }

  /**
   * Draws the ships out of view. Their positions are known only roughly, unlike those of the ships in view.
   * @param {CanvasRenderingContext2D} context
   * @param {import('../scene.js').MapView} map
   * @param {number} scale
   */
  drawFarShips(context, { ships, crowds, precision }, scale) {
    for (const { x, y, size, value } of crowds) {
      context.fillStyle = withAlpha(COLOURS.danger, CROWD_ALPHAS[value]);
      context.fillRect(x * scale, y * scale, size * scale, size * scale);
    }
    for (const { x, y } of ships) {
      if (!this.camera.sees(x, y, precision / 2)) dot(context, x * scale, y * scale, 1.7, COLOURS.quiet);
    }
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number} scale
   * @param {number} worldSize
   */
  drawView(context, scale, worldSize) {
    const visible = this.camera.bounds();
    const [left, top] = [Math.max(visible.left, 0), Math.max(visible.top, 0)];
    const [right, bottom] = [Math.min(visible.right, worldSize), Math.min(visible.bottom, worldSize)];
    context.strokeStyle = withAlpha(COLOURS.text, 0.5);
    context.lineWidth = 1;
    context.strokeRect(left * scale, top * scale, (right - left) * scale, (bottom - top) * scale);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('../scene.js').ShipView} ship
 * @param {number} scale
 */
function drawShip(context, ship, scale) {
  const colour = playerColour(ship.player, ship.isOwn);
  if (!ship.isOwn) return dot(context, ship.x * scale, ship.y * scale, ship.isAi ? 1.7 : 2.4, colour);
  context.save();
  context.translate(ship.x * scale, ship.y * scale);
  context.rotate(ship.heading);
  context.beginPath();
  context.moveTo(6, 0);
  context.lineTo(-4, -4);
  context.lineTo(-2, 0);
  context.lineTo(-4, 4);
  context.closePath();
  context.fillStyle = colour;
  context.fill();
  context.restore();
}

/**
 * Draws a crown at the leader's ship.
 * @param {CanvasRenderingContext2D} context
 * @param {import('../scene.js').Scene} scene
 * @param {number} scale
 */
function drawCrown(context, { ships, map }, scale) {
  const leader = ships.find(({ isLeader }) => isLeader) ?? map?.leader;
  if (!leader) return;
  context.save();
  context.translate(leader.x * scale, leader.y * scale - 6);
  context.fillStyle = CROWN_COLOUR;
  context.fill(CROWN);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 * @param {string} colour
 */
function dot(context, x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
