// @ts-check
// A strip chart of the most recent samples, the newest on the right.

import { COLOURS, FONT } from '../theme.js';

/** Number of samples shown. */
const SAMPLES = 180;
/** The full-scale value is multiplied by this factor in each frame. It grows at once when a larger sample arrives. */
const SCALE_DECAY = 0.995;
/** Margin above the chart. */
const TOP_PX = 3;

/**
 * @typedef {object} ChartStyle
 * @property {'line' | 'bars'} shape how the values of a sample are drawn: as separate lines, or as stacked bars
 * @property {string[]} colours one per value of a sample
 * @property {number} fullScaleMin minimum of the full-scale value (the value at the top of the chart)
 * @property {number} [mark] value marked by a horizontal line
 */

/** A strip chart. */
export class StripChart {
  /** @param {ChartStyle} style */
  constructor(style) {
    this.style = style;
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'strip';
    this.fullScale = style.fullScaleMin;
    /** @type {number[][]} */
    this.samples = [];
  }

  /** @param {...number} sample */
  push(...sample) {
    this.samples.push(sample);
    if (this.samples.length > SAMPLES) this.samples.shift();
  }

  /**
   * Returns a value of the newest sample, or the sum of its values.
   * @param {number} [index] of the value; without it, the sum is returned
   * @returns {number}
   */
  last(index) {
    const sample = this.samples[this.samples.length - 1] ?? [];
    return index === undefined ? sample.reduce((sum, value) => sum + value, 0) : sample[index] ?? 0;
  }

  /** @returns {number} the mean of the first value of all samples */
  mean() {
    const sum = this.samples.reduce((all, [first]) => all + first, 0);
    return this.samples.length === 0 ? 0 : sum / this.samples.length;
  }

  /** Draws the chart. */
  draw() {
    const context = this.fit();
    if (!context) return;
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    this.updateScale();
    if (this.style.mark !== undefined) this.drawMark(context, this.style.mark);
    if (this.style.shape === 'bars') this.drawBars(context);
    else this.style.colours.forEach((colour, number) => this.drawLine(context, colour, number));
    this.drawScale(context);
  }

  /** @returns {CanvasRenderingContext2D | null} the context of the canvas, resized to the device's pixels */
  fit() {
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [this.canvas.clientWidth * ratio, this.canvas.clientHeight * ratio].map(Math.round);
    if (this.canvas.width !== width || this.canvas.height !== height) {
      this.canvas.width = width;
      this.canvas.height = height;
    }
    return width > 0 ? this.canvas.getContext('2d') : null;
  }

  updateScale() {
    const isStacked = this.style.shape === 'bars';
    const tops = this.samples.map((sample) => (isStacked ? sample.reduce((sum, value) => sum + value, 0) : Math.max(...sample)));
    this.fullScale = Math.max(this.style.fullScaleMin, this.fullScale * SCALE_DECAY, ...tops);
  }

  /** @param {number} value @returns {number} its vertical position in pixels */
  y(value) {
    const { height } = this.canvas;
    return height - (value / this.fullScale) * (height - TOP_PX);
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
    context.fillText(String(Math.round(this.fullScale)), 3 * ratio, 2 * ratio);
  }

  /** @param {CanvasRenderingContext2D} context */
  drawBars(context) {
    const step = this.canvas.width / SAMPLES;
    const from = SAMPLES - this.samples.length;
    this.samples.forEach((sample, at) => {
      let below = 0;
      sample.forEach((value, number) => {
        if (value <= 0) return;
        context.fillStyle = this.style.colours[number];
        const top = this.y(below + value);
        const left = Math.floor((from + at) * step);
        context.fillRect(left, top, Math.max(Math.floor((from + at + 1) * step) - left, 1), Math.max(this.y(below) - top, 1));
        below += value;
      });
    });
  }

  /** @param {CanvasRenderingContext2D} context @param {string} colour @param {number} index of the value in each sample */
  drawLine(context, colour, index) {
    const step = this.canvas.width / SAMPLES;
    const from = SAMPLES - this.samples.length;
    context.beginPath();
    this.samples.forEach((sample, at) => context.lineTo((from + at + 1) * step, this.y(Math.max(sample[index], 0))));
    context.strokeStyle = colour;
    context.lineWidth = Math.max(window.devicePixelRatio || 1, 1) * 1.3;
    context.lineJoin = 'round';
    context.stroke();
  }
}
