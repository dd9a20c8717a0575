// @ts-check
// The latency laboratory: makes the line as bad as one likes, and switches off what hides it, so that anybody can see what
// each technique does. `?lag=150&jitter=40&stall=500` begins with a bad line, and `?lab` with the laboratory shown.

import { STALL_EVERY_MS, allTechniques, goodLine } from '../netcode/index.js';
import { isForTheArena } from './input/keyboard.js';
import { closeButton, element, make, write } from './page.js';

const TOGGLE_CODE = 'KeyL';

/**
 * @typedef {import('../netcode/lag.js').Line} Line
 * @typedef {import('../netcode/connection.js').Techniques} Techniques
 *
 * @typedef {object} Slider
 * @property {keyof Line} key
 * @property {string} parameter in the address
 * @property {string} name
 * @property {string} says
 * @property {number} max in milliseconds
 * @property {number} step
 */

/** @type {readonly Slider[]} */
const SLIDERS = Object.freeze([
  { key: 'lagMs', parameter: 'lag', name: 'Latency', says: 'there and back', max: 500, step: 10 },
  { key: 'jitterMs', parameter: 'jitter', name: 'Jitter', says: 'more or less', max: 200, step: 5 },
  { key: 'stallMs', parameter: 'stall', name: 'Stall', says: `every ${STALL_EVERY_MS / 1000} s`, max: 2000, step: 50 },
]);

/** @type {readonly {name: string, line: Line}[]} */
const LINES = Object.freeze([
  { name: 'As it is', line: goodLine() },
  { name: 'Wi-Fi', line: { lagMs: 60, jitterMs: 20, stallMs: 0 } },
  { name: 'Mobile', line: { lagMs: 150, jitterMs: 40, stallMs: 0 } },
  { name: 'Train', line: { lagMs: 250, jitterMs: 100, stallMs: 800 } },
]);

/** @type {readonly {key: keyof Techniques | 'ghost', name: string, says: string}[]} */
const SWITCHES = Object.freeze([
  { key: 'prediction', name: 'Prediction', says: 'Your ship answers at once' },
  { key: 'reconciliation', name: 'Reconciliation', says: 'The server puts it right' },
  { key: 'interpolation', name: 'Interpolation', says: 'The others fly smoothly' },
  { key: 'ghost', name: 'Ghost', says: 'Where the server has you' },
]);

/** The laboratory. Its line and techniques are used by a session, and change while that plays. */
export class Lab {
  /** @param {URLSearchParams} query of the address */
  constructor(query) {
    this.line = lineOf(query);
    this.techniques = allTechniques();
    this.showsGhost = false;
    this.root = element('lab', HTMLElement);
    this.button = element('tool-lab', HTMLButtonElement);
    this.sliders = SLIDERS.map((slider) => this.makeSlider(slider));
    this.root.append(make('h2', '', 'Latency laboratory'), closeButton(() => this.toggle()), this.makeLines());
    for (const { row } of this.sliders) this.root.append(row);
    this.root.append(this.makeSwitches());
    if (query.has('lab')) this.toggle();
    this.show();
  }

  /** Listens for its key and its button. It does so as long as the page is there. */
  start() {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    this.button.addEventListener('click', () => this.toggle());
    this.button.addEventListener('pointerdown', (event) => event.preventDefault());
    // Who has used the mouse goes on playing; who uses the keyboard stays.
    this.root.addEventListener('click', ({ detail: presses }) => {
      if (presses > 0) setTimeout(() => release(this.root));
    });
  }

  /** @returns {boolean} whether the line or the techniques are not what they are for everybody */
  isOn() {
    const { lagMs, jitterMs, stallMs } = this.line;
    return lagMs > 0 || jitterMs > 0 || stallMs > 0 || Object.values(this.techniques).includes(false);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (event.code === TOGGLE_CODE && !event.repeat && isForTheArena(event)) this.toggle();
  }

  toggle() {
    this.root.hidden = !this.root.hidden;
    this.button.setAttribute('aria-pressed', String(!this.root.hidden));
  }

  /** @param {Partial<Line>} change */
  setLine(change) {
    Object.assign(this.line, change);
    this.show();
  }

  show() {
    for (const { slider, input, number } of this.sliders) {
      const ms = this.line[slider.key];
      input.value = String(ms);
      write(number, slider.key === 'jitterMs' ? `± ${ms} ms` : `${ms} ms`);
    }
    this.button.classList.toggle('on', this.isOn());
  }

  /** @param {Slider} slider */
  makeSlider(slider) {
    const { key, name, says, max, step } = slider;
    const input = Object.assign(document.createElement('input'), { type: 'range', min: '0', max: String(max), step: String(step) });
    const number = make('b', '');
    const row = make('label', 'slider');
    row.append(make('span', '', name), make('small', '', says), number, input);
    input.addEventListener('input', () => this.setLine({ [key]: Number(input.value) }));
    return { slider, input, number, row };
  }

  makeLines() {
    const row = make('div', 'lines');
    for (const { name, line } of LINES) {
      const button = make('button', 'secondary small', name);
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => this.setLine(line));
      row.append(button);
    }
    return row;
  }

  makeSwitches() {
    const rows = make('div', 'switches');
    for (const { key, name, says } of SWITCHES) rows.append(this.makeSwitch(key, name, says));
    return rows;
  }

  /**
   * @param {keyof Techniques | 'ghost'} key
   * @param {string} name
   * @param {string} says
   */
  makeSwitch(key, name, says) {
    const input = Object.assign(document.createElement('input'), { type: 'checkbox', checked: key !== 'ghost' });
    input.setAttribute('role', 'switch');
    const row = make('label', 'switch');
    row.append(make('span', '', name), make('small', '', says), input);
    input.addEventListener('change', () => {
      if (key === 'ghost') this.showsGhost = input.checked;
      else this.techniques[key] = input.checked;
      this.show();
    });
    return row;
  }
}

/** @param {URLSearchParams} query @returns {Line} what the address asks for */
function lineOf(query) {
  const line = goodLine();
  for (const { key, parameter, max } of SLIDERS) {
    const ms = Number(query.get(parameter) ?? 0);
    line[key] = Number.isFinite(ms) ? Math.min(Math.max(ms, 0), max) : 0;
  }
  return line;
}

/** Gives the keyboard back to the arena. @param {HTMLElement} root */
function release(root) {
  const focused = document.activeElement;
  if (focused instanceof HTMLElement && root.contains(focused)) focused.blur();
}
