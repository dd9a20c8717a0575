// @ts-check
// The timeline: a scrub bar with markers and a tooltip. It is a slider, so it works with mouse, touch and keyboard.

import { createElement, element } from '../dom.js';
import { INSET_PX, MarkerStrip } from './marker_strip.js';
import { adjacent, descriptions, near, placed } from './markers.js';
import { clockText, spokenText } from './time.js';

/** Maximum distance between the pointer and a marker that the tooltip describes, in CSS pixels. */
const REACH_PX = 6;
/** After a click on a marker, playback begins this long before the event. */
const LEAD_S = 2;
/** The next and previous events are those whose beginnings are further away than this. */
const MARGIN_S = 0.5;

/**
 * @typedef {object} Range of a match
 * @property {number} firstTick
 * @property {number} length in ticks
 * @property {number} tickRate
 *
 * @typedef {object} TimelineActions
 * @property {(offset: number) => void} seek to a position in ticks since the beginning of the range
 * @property {(isHeld: boolean) => void} hold called when the user begins and ends to drag the position
 */

/** The timeline. */
export class Timeline {
  /** @param {TimelineActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.slider = element('replay-position', HTMLInputElement);
    this.tip = element('replay-tip', HTMLElement);
    this.strip = new MarkerStrip(element('replay-markers', HTMLCanvasElement));
    /** @type {Range} */
    this.range = { firstTick: 0, length: 0, tickRate: 1 };
    /** @type {readonly import('./markers.js').Marker[]} */
    this.markers = [];
    /** @type {readonly import('./markers.js').PlacedMarker[]} */
    this.placed = [];
    this.offset = 0;
    this.isHeld = false;
    /** Where the pointer came down; `null` after it has moved. @type {number | null} */
    this.pressedX = null;
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    const { slider } = this;
    slider.addEventListener('pointerdown', ({ clientX }) => this.handleDown(clientX));
    slider.addEventListener('input', () => this.seek(Number(slider.value)));
    slider.addEventListener('pointermove', ({ clientX }) => this.handleMove(clientX));
    slider.addEventListener('pointerleave', () => this.hideTip());
    window.addEventListener('pointerup', () => this.handleUp());
    window.addEventListener('pointercancel', () => this.handleUp());
  }

  /**
   * Shows a position.
   * @param {Range} range
   * @param {readonly import('./markers.js').Marker[]} markers
   * @param {number} offset in ticks since the beginning of the range
   */
  show(range, markers, offset) {
    const isChanged = range.firstTick !== this.range.firstTick || range.length !== this.range.length;
    if (isChanged || markers !== this.markers) this.placed = placed(markers, range.firstTick, range.length);
    this.range = range;
    this.markers = markers;
    this.strip.draw(this.placed, range.length);
    if (isChanged) this.slider.max = String(range.length);
    if (!this.isHeld && (isChanged || offset !== this.offset)) this.showPosition(offset);
  }

  /** @param {number} offset */
  showPosition(offset) {
    const { slider, range } = this;
    this.offset = offset;
    slider.value = String(offset);
    slider.style.setProperty('--played', String(offset / Math.max(range.length, 1)));
    const spoken = spokenText(offset / range.tickRate);
    if (slider.getAttribute('aria-valuetext') !== spoken) slider.setAttribute('aria-valuetext', spoken);
  }

  /** @param {number} offset */
  seek(offset) {
    const { length } = this.range;
    const limited = Math.min(Math.max(Math.round(offset), 0), length);
    this.showPosition(limited);
    this.actions.seek(limited);
  }

  /** Moves by a number of seconds. @param {number} seconds */
  step(seconds) {
    this.seek(this.offset + seconds * this.range.tickRate);
  }

  /** Moves to shortly before the next or previous event. @param {1 | -1} direction */
  stepToMarker(direction) {
    const { tickRate } = this.range;
    const found = adjacent(this.placed, this.offset + LEAD_S * tickRate, direction, MARGIN_S * tickRate);
    if (found) this.seek(found.offset - LEAD_S * tickRate);
  }

  /** @param {number} x */
  handleDown(x) {
    this.pressedX = x;
    this.isHeld = true;
    this.actions.hold(true);
    this.showTip(x);
  }

  /** @param {number} x */
  handleMove(x) {
    if (this.pressedX !== null && Math.abs(x - this.pressedX) > REACH_PX) this.pressedX = null;
    this.showTip(x);
  }

  handleUp() {
    if (!this.isHeld) return;
    this.isHeld = false;
    const [clicked] = this.pressedX === null ? [] : this.markersAt(this.pressedX);
    if (clicked) this.seek(clicked.offset - LEAD_S * this.range.tickRate);
    this.pressedX = null;
    this.actions.hold(false);
    if (!this.slider.matches(':hover')) this.hideTip();
  }

  /** @param {number} x */
  showTip(x) {
    const { left, width } = this.slider.getBoundingClientRect();
    const offset = this.offsetAt(x);
    const time = createElement('b', '', clockText(offset / this.range.tickRate));
    const lines = descriptions(this.markersAt(x)).map((line) => createElement('span', '', line));
    this.tip.replaceChildren(time, ...lines);
    this.tip.hidden = false;
    const half = this.tip.offsetWidth / 2;
    this.tip.style.left = `${Math.min(Math.max(x - left, half), width - half)}px`;
  }

  hideTip() {
    if (!this.isHeld) this.tip.hidden = true;
  }

  /** @param {number} x @returns {number} the position at an x coordinate of the window, in ticks */
  offsetAt(x) {
    const { left, width } = this.slider.getBoundingClientRect();
    const fraction = (x - left - INSET_PX) / Math.max(width - 2 * INSET_PX, 1);
    return Math.min(Math.max(fraction, 0), 1) * this.range.length;
  }

  /** @param {number} x */
  markersAt(x) {
    const reach = (REACH_PX * this.range.length) / Math.max(this.slider.clientWidth - 2 * INSET_PX, 1);
    return near(this.placed, this.offsetAt(x), reach);
  }
}
