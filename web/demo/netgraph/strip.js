// @ts-check
// A chart of the last few hundred samples, the newest on the right.

import { COLOURS, FONT } from '../theme.js';

/** How many samples are shown. */
const SAMPLES = 180;
/** The scale gives way at once where it is too small, and comes back so slowly that it can be read. */
const SCALE_DECAY = 0.995;
/** Room for the scale's number. */
const TOP_PX = 3;

/**
 * @typedef {object} Look how a chart is drawn
 * @property {'line' | 'bars'} shape bars of several numbers stand on each other
 * @property {string[]} colours one for each number of a sample
 * @property {number} full the least that the full height stands for
 * @property {number} [mark] where a line is drawn across
 */

/** A strip chart. */
export class Strip {
  /** @param {Look} look */
  constructor(look) {
    this.look = look;
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'strip';
    this.full = look.full;
    /** @type {number[][]} */
    this.samples = [];
  }

  /** @param {...number} sample */
  push(...sample) {
    this.samples.push(sample);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /** @param {number} [number] which of the newest sample's, or all of them together @returns {number} */
  last(number) {
    const sample = this.samples[this.samples.length - 1] ?? [];
    return number === undefined ? sample.reduce((sum, it) => sum + it, 0) : sample[number] ?? 0;
  }

  /** @returns {number} what the shown samples are on average */
  mean() {
    const sum = this.samples.reduce((all, [first]) => all + first, 0);
    return this.samples.length === 0 ? 0 : sum / this.samples.length;
  }

  /** Draws what was pushed. */
  draw() {
    const context = this.fit();
    if (!context) return;
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    this.scale();
    if (this.look.mark !== undefined) this.drawMark(context, this.look.mark);
    if (this.look.shape === 'bars') this.drawBars(context);
    else this.look.colours.forEach((colour, number) => this.drawLine(context, colour, number));
    this.drawScale(context);
  }

  /** @returns {CanvasRenderingContext2D | null} a context with a pixel for every one of the screen's */
  fit() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    return width > 0 ? this.canvas.getContext('2d') : null;
  }

  scale() {
    const isStacked = this.look.shape === 'bars';
    const tops = this.samples.map((sample) => (isStacked ? sample.reduce((sum, it) => sum + it, 0) : Math.max(...sample)));
    this.full = Math.max(this.look.full, this.full * SCALE_DECAY, ...tops);
  }

  /** @param {number} value @returns {number} how high it is, from the top of the canvas */
  y(value) {
    const { height } = this.canvas;
    return height - (value / this.full) * (height - TOP_PX);
  }

  /** @param {CanvasRenderingContext2D} context @param {number} mark */
  drawMark(context, mark) {
    context.fillStyle = 'rgb(233 240 251 / 22%)';
    context.fillRect(0, Math.round(this.y(mark)), this.canvas.width, 1);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawScale(context) {
    const ratio = this.canvas.height / Math.max(this.canvas.clientHeight, 1);
    context.font = `${9 * ratio}px ${FONT}`;
    context.textBaseline = 'top';
    context.fillStyle = COLOURS.quiet;
    context.fillText(String(Math.round(this.full)), 3 * ratio, 2 * ratio);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawBars(context) {
    const step = this.canvas.width / SAMPLES;
    const from = SAMPLES - this.samples.length;
    this.samples.forEach((sample, at) => {
      let below = 0;
      sample.forEach((value, number) => {
        if (value <= 0) return;
        context.fillStyle = this.look.colours[number];
        const top = this.y(below + value);
        const left = Math.floor((from + at) * step);
        context.fillRect(left, top, Math.max(Math.floor((from + at + 1) * step) - left, 1), Math.max(this.y(below) - top, 1));
        below += value;
      });
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {string} colour @param {number} number which of a sample's */
  drawLine(context, colour, number) {
    const step = this.canvas.width / SAMPLES;
    const from = SAMPLES - this.samples.length;
    context.beginPath();
    this.samples.forEach((sample, at) => context.lineTo((from + at + 1) * step, this.y(Math.max(sample[number], 0))));
    context.strokeStyle = colour;
    context.lineWidth = Math.max(window.devicePixelRatio || 1, 1) * 1.3;
    context.lineJoin = 'round';
    context.stroke();
  }
}
