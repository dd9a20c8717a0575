// @ts-check
// Draws the markers above the scrub bar. They differ in shape and colour: strokes for kills, triangles for joins and leaves, and
// diamonds for records.

import { COLOURS } from '../theme.js';

const PIXEL_RATIO_MAX = 2;
/** Distance between the ends of the bar and those of the range, in CSS pixels: half the width of the thumb, as in replay.css. */
export const INSET_PX = 9;

/** @typedef {import('./markers.js').PlacedMarker} PlacedMarker */

const DIAMOND = new Path2D('M0 -5 4 0 0 5 -4 0Z');
const UP = new Path2D('M0 -3.5 4 3 -4 3Z');
const DOWN = new Path2D('M0 3.5 4 -3 -4 -3Z');

/** The markers of a match. */
export class MarkerStrip {
  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
    /** What is drawn. @type {{markers: readonly PlacedMarker[], length: number, width: number}} */
    this.drawn = { markers: [], length: 0, width: 0 };
  }

  /**
   * Draws the markers, unless they are drawn already.
   * @param {readonly PlacedMarker[]} markers
   * @param {number} length of the range, in ticks
   */
  draw(markers, length) {
    const { canvas, context, drawn } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!context || (drawn.markers === markers && drawn.length === length && drawn.width === width)) return;
    this.drawn = { markers, length, width };
    const pixelRatio = Math.min(window.devicePixelRatio || 1, PIXEL_RATIO_MAX);
    [canvas.width, canvas.height] = [Math.round(width * pixelRatio), Math.round(height * pixelRatio)];
    for (const { marker, offset } of markers) {
      const x = INSET_PX + (offset / Math.max(length, 1)) * (width - 2 * INSET_PX);
      context.setTransform(pixelRatio, 0, 0, pixelRatio, x * pixelRatio, (height / 2) * pixelRatio);
      drawMarker(context, marker.kind);
    }
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {import('./markers.js').Marker['kind']} kind
 */
function drawMarker(context, kind) {
  const colours = { kill: COLOURS.danger, join: COLOURS.orb, leave: COLOURS.quiet, record: COLOURS.own };
  context.fillStyle = colours[kind];
  if (kind === 'kill') context.fillRect(-1, -5, 2, 10);
  else context.fill({ join: UP, leave: DOWN, record: DIAMOND }[kind]);
}
