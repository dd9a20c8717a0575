// @ts-check
// Rocks. They are irregular, faceted and lit from the top left. A rock's shape is derived from its id, so that all players see
// the same shape.

import { COLOURS, withAlpha } from '../theme.js';
import { seededRandom } from './random.js';
import { Sprite } from './sprite.js';

/** Maximum number of cached shapes. The cache grows over time, because new rocks have new ids. */
const SHAPES_MAX = 512;
const LIGHT_ANGLE = -2.3;
/** Maximum distance of a corner from the center, in radii. */
const REACH = 1.12;
/**
 * A rock's sprite is repainted at multiples of this angle, because the light does not rotate with the rock. In between, the
 * existing sprite is drawn rotated.
 */
const TURN_STEP = (2 * Math.PI) / 72;
/** Colours from the shaded to the lit side. */
const TONES = Object.freeze(['#151d30', '#1a2439', '#212c45', '#2b3853', '#384764', '#475777']);

/**
 * @typedef {object} Shape
 * @property {{x: number, y: number}[]} corners for a radius of 1
 * @property {{x: number, y: number}} peak the inner point at which all facets meet
 * @property {number} turn initial rotation, in radians
 * @property {number} spin angular velocity, in radians per millisecond
 * @property {Sprite} sprite its current image
 */

/** Draws rocks and caches their shapes. */
export class Rocks {
  constructor() {
    /** @type {Map<number, Shape>} */
    this.shapes = new Map();
  }

  /**
   * Draws the visible rocks.
   * @param {import('../render.js').DrawContext} drawContext
   * @param {import('../scene.js').RockView[]} rocks
   */
  draw(drawContext, rocks) {
    for (const rock of rocks) {
      if (drawContext.camera.sees(rock.x, rock.y, rock.radius * 1.2)) drawRock(drawContext, rock, this.shape(rock.id));
    }
  }

  /** @param {number} id */
  shape(id) {
    const cached = this.shapes.get(id);
    if (cached) return cached;
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
  const next = seededRandom(id);
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
 * @param {import('../render.js').DrawContext} drawContext
 * @param {import('../scene.js').RockView} rock
 * @param {Shape} shape
 */
function drawRock({ context, camera, zoom, nowMs, reducedMotion }, rock, shape) {
  const turn = shape.turn + (reducedMotion ? 0 : shape.spin * nowMs);
  const painted = Math.round(turn / TURN_STEP) * TURN_STEP;
  const label = `${painted} ${rock.radius} ${rock.hull}`;
  const paint = (/** @type {CanvasRenderingContext2D} */ spriteContext) => (
    paintRock(spriteContext, rock, shape, painted, 1 / camera.scale)
  );
  shape.sprite.paint(label, rock.radius * REACH, zoom, paint);
  context.save();
  context.translate(rock.x, rock.y);
  context.rotate(turn - painted);
  shape.sprite.draw(context);
  context.restore();
}

/**
 * @param {CanvasRenderingContext2D} spriteContext
 * @param {import('../scene.js').RockView} rock
 * @param {Shape} shape
 * @param {number} turn
 * @param {number} pixel size of a CSS pixel, in units
 */
function paintRock(spriteContext, { radius, hull }, shape, turn, pixel) {
  const hairline = pixel / radius;
  spriteContext.rotate(turn);
  spriteContext.scale(radius, radius);
  spriteContext.lineJoin = 'round';
  drawFacets(spriteContext, shape, turn, hairline);
  drawCracks(spriteContext, shape, hull, hairline);
  outline(spriteContext, shape.corners);
  spriteContext.strokeStyle = withAlpha(COLOURS.rockLit, 0.75);
  spriteContext.lineWidth = 1.3 * hairline;
  spriteContext.stroke();
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
 * Draws cracks: the more damage, the more cracks.
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
