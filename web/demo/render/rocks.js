// @ts-check
// Rocks: irregular, faceted, lit from the top left. A rock's shape follows from its id, so everybody sees the same one.

import { COLOURS, withAlpha } from '../theme.js';
import { numbersFrom } from './seed.js';
import { Sprite } from './sprite.js';

/** Shapes that are kept; ids change as rocks break, so that old ones are let go. */
const SHAPES_MAX = 512;
const LIGHT_ANGLE = -2.3;
/** A corner reaches at most this far, in radii. */
const REACH = 1.12;
/** A rock is painted anew when it has turned by this much: the light stays where it is. In between its picture is turned. */
const TURN_STEP = (2 * Math.PI) / 72;
/** From the side in the shade to the lit one. */
const TONES = Object.freeze(['#151d30', '#1a2439', '#212c45', '#2b3853', '#384764', '#475777']);

/**
 * @typedef {object} Shape
 * @property {{x: number, y: number}[]} corners of a rock with radius 1
 * @property {{x: number, y: number}} peak where the facets meet
 * @property {number} turn how it lies, in radians
 * @property {number} spin how it turns, in radians per millisecond
 * @property {Sprite} sprite how it looks now
 */

/** All rocks. */
export class Rocks {
  constructor() {
    /** @type {Map<number, Shape>} */
    this.shapes = new Map();
  }

  /**
   * Draws the rocks in view.
   * @param {import('../render.js').Brush} brush
   * @param {import('../scene.js').RockView[]} rocks
   */
  draw(brush, rocks) {
    for (const rock of rocks) {
      if (brush.camera.sees(rock.x, rock.y, rock.radius * 1.2)) drawRock(brush, rock, this.shape(rock.id));
    }
  }

  /** @param {number} id */
  shape(id) {
    const known = this.shapes.get(id);
    if (known) return known;
    if (this.shapes.size >= SHAPES_MAX) this.shapes.clear();
    const shape = shapeOf(id);
    this.shapes.set(id, shape);
    return shape;
  }
}

/**
 * @param {number} id
 * @returns {Shape}
 */
function shapeOf(id) {
  const next = numbersFrom(id);
  const count = 9 + Math.floor(next() * 4);
  const corners = Array.from({ length: count }, (_, index) => {
    const angle = ((index + (next() - 0.5) * 0.6) / count) * 2 * Math.PI;
    const reach = 0.84 + next() * 0.24;
    return { x: Math.cos(angle) * reach, y: Math.sin(angle) * reach };
  });
  const peak = { x: (next() - 0.5) * 0.5, y: (next() - 0.5) * 0.5 };
  return { corners, peak, turn: next() * 2 * Math.PI, spin: (next() - 0.5) * 0.0007, sprite: new Sprite() };
}

/**
 * @param {import('../render.js').Brush} brush
 * @param {import('../scene.js').RockView} rock
 * @param {Shape} shape
 */
function drawRock({ context, camera, zoom, nowMs, isCalm }, rock, shape) {
  const turn = shape.turn + (isCalm ? 0 : shape.spin * nowMs);
  const painted = Math.round(turn / TURN_STEP) * TURN_STEP;
  const label = `${painted} ${rock.radius} ${rock.hull}`;
  shape.sprite.paint(label, rock.radius * REACH, zoom, (pencil) => paintRock(pencil, rock, shape, painted, 1 / camera.scale));
  context.save();
  context.translate(rock.x, rock.y);
  context.rotate(turn - painted);
  shape.sprite.draw(context);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} pencil
 * @param {import('../scene.js').RockView} rock
 * @param {Shape} shape
 * @param {number} turn
 * @param {number} pixel how large a CSS pixel is, in units
 */
function paintRock(pencil, { radius, hull }, shape, turn, pixel) {
  const hairline = pixel / radius;
  pencil.rotate(turn);
  pencil.scale(radius, radius);
  pencil.lineJoin = 'round';
  drawFacets(pencil, shape, turn, hairline);
  drawCracks(pencil, shape, hull, hairline);
  outline(pencil, shape.corners);
  pencil.strokeStyle = withAlpha(COLOURS.rockLit, 0.75);
  pencil.lineWidth = 1.3 * hairline;
  pencil.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {number} turn
 * @param {number} hairline
 */
function drawFacets(context, { corners, peak }, turn, hairline) {
  context.lineWidth = hairline;
  corners.forEach((corner, index) => {
    const next = corners[(index + 1) % corners.length];
    const facing = Math.atan2(corner.y + next.y, corner.x + next.x) + turn;
    const light = (Math.cos(facing - LIGHT_ANGLE) + 1) / 2;
    const tone = TONES[Math.min(Math.floor(light * TONES.length), TONES.length - 1)];
    context.beginPath();
    context.moveTo(peak.x, peak.y);
    context.lineTo(corner.x, corner.y);
    context.lineTo(next.x, next.y);
    context.closePath();
    context.fillStyle = tone;
    context.fill();
    context.strokeStyle = tone;
    context.stroke();
  });
}

/**
 * The more a rock was hit, the more of it is cracked.
 * @param {CanvasRenderingContext2D} context
 * @param {Shape} shape
 * @param {number} hull
 * @param {number} hairline
 */
function drawCracks(context, { corners, peak }, hull, hairline) {
  const count = Math.round((1 - hull) * corners.length);
  if (count === 0) return;
  context.beginPath();
  for (let crack = 0; crack < count; crack += 1) {
    const corner = corners[(crack * 4) % corners.length];
    const bend = corners[(crack * 4 + 1) % corners.length];
    context.moveTo(corner.x, corner.y);
    context.lineTo((corner.x + peak.x + bend.x * 0.3) * 0.45, (corner.y + peak.y + bend.y * 0.3) * 0.45);
    context.lineTo(peak.x, peak.y);
  }
  context.strokeStyle = withAlpha(COLOURS.ink, 0.85);
  context.lineWidth = 2.2 * hairline;
  context.stroke();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {{x: number, y: number}[]} corners
 */
function outline(context, corners) {
  context.beginPath();
  for (const { x, y } of corners) context.lineTo(x, y);
  context.closePath();
}
