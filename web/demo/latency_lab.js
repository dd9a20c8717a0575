// @ts-check
// The latency lab lets the user simulate a bad network and turn off latency compensation techniques, to see their effects.
// `?lag=150&jitter=40&stall=500&loss=5` in the URL sets the network conditions. `?lab` shows the lab when the page loads.

import { STALL_INTERVAL_MS, allTechniques, idealNetwork } from '../netcode/index.js';
import { isGameKey } from './input/keyboard.js';
import { createElement, setText } from './dom.js';
import { numberText, text } from './texts.js';

const TOGGLE_CODE = 'KeyL';

/**
 * @typedef {import('../netcode/index.js').NetworkConditions} NetworkConditions
 * @typedef {import('../netcode/index.js').Techniques} Techniques
 *
 * @typedef {object} Slider
 * @property {keyof NetworkConditions} key
 * @property {string} parameter its name in the URL
 * @property {string} name key of its text
 * @property {string} hint key of a text
 * @property {number} max in milliseconds, or in per cent
 * @property {number} step
 */

/** @type {readonly Slider[]} */
const SLIDERS = Object.freeze([
  { key: 'latencyMs', parameter: 'lag', name: 'lab.latency', hint: 'lab.latencyHint', max: 500, step: 10 },
  { key: 'jitterMs', parameter: 'jitter', name: 'lab.jitter', hint: 'lab.jitterHint', max: 200, step: 5 },
  { key: 'stallMs', parameter: 'stall', name: 'lab.stall', hint: 'lab.stallHint', max: 2000, step: 50 },
  { key: 'lossPercent', parameter: 'loss', name: 'lab.loss', hint: 'lab.lossHint', max: 30, step: 1 },
]);

/** @type {readonly {name: string, network: NetworkConditions}[]} */
const PRESETS = Object.freeze([
  { name: 'lab.none', network: idealNetwork() },
  { name: 'lab.wifi', network: { latencyMs: 60, jitterMs: 20, stallMs: 0, lossPercent: 1 } },
  { name: 'lab.mobile', network: { latencyMs: 150, jitterMs: 40, stallMs: 0, lossPercent: 2 } },
  { name: 'lab.train', network: { latencyMs: 250, jitterMs: 100, stallMs: 800, lossPercent: 5 } },
]);

/** @type {readonly {key: keyof Techniques | 'ghost', name: string, hint: string}[]} */
const SWITCHES = Object.freeze([
  { key: 'prediction', name: 'lab.prediction', hint: 'lab.predictionHint' },
  { key: 'reconciliation', name: 'lab.reconciliation', hint: 'lab.reconciliationHint' },
  { key: 'interpolation', name: 'lab.interpolation', hint: 'lab.interpolationHint' },
  { key: 'ghost', name: 'lab.ghost', hint: 'lab.ghostHint' },
]);

/** The latency lab. Sessions share its `network` and `techniques`, so that changes take effect at once. */
export class LatencyLab {
  /**
   * @param {URLSearchParams} query of the URL
   * @param {import('./panels/overlay_panels.js').OverlayPanels} panels
   */
  constructor(query, panels) {
    this.network = networkFrom(query);
    this.techniques = allTechniques();
    this.showsGhost = false;
    /** `true` if the user last operated the lab by pointer; `false` if by keyboard. */
    this.isPointed = false;
    this.panels = panels;
    this.panel = panels.add('lab', 'tool-lab', text('tool.lab'));
    this.root = this.panel.root;
    this.sliders = SLIDERS.map((slider) => this.makeSlider(slider));
    this.root.append(this.makePresets());
    for (const { row } of this.sliders) this.root.append(row);
    this.root.append(this.makeSwitches());
    if (query.has('lab')) this.toggle();
    this.show();
  }

  /** Starts listening for its key and its button, for the lifetime of the page. */
  start() {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    this.panel.button.addEventListener('click', () => this.toggle());
    this.panel.button.addEventListener('pointerdown', (event) => event.preventDefault());
    // `click` alone does not suffice for `releaseFocus`: when a label is clicked, the browser focuses its checkbox after
    // the label's `click` event, but before the checkbox's `change` event.
    this.root.addEventListener('pointerdown', () => { this.isPointed = true; });
    this.root.addEventListener('keydown', () => { this.isPointed = false; });
    for (const type of ['click', 'change']) this.root.addEventListener(type, () => this.releaseFocus());
  }

  /** @returns {boolean} whether a bad network is simulated or a technique is turned off */
  isOn() {
    return Object.values(this.network).some((value) => value > 0) || Object.values(this.techniques).includes(false);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (event.code === TOGGLE_CODE && !event.repeat && isGameKey(event)) this.toggle();
  }

  /** After a click by pointer, moves the focus out of the lab, so that keys control the game again. */
  releaseFocus() {
    const focused = document.activeElement;
    if (this.isPointed && focused instanceof HTMLElement && this.root.contains(focused)) focused.blur();
  }

  toggle() {
    this.panels.toggle(this.panel);
  }

  /** @param {Partial<NetworkConditions>} change */
  setNetwork(change) {
    Object.assign(this.network, change);
    this.show();
  }

  show() {
    for (const { slider, input, number } of this.sliders) {
      const value = this.network[slider.key];
      input.value = String(value);
      setText(number, quantityText(slider.key, value));
    }
    this.panel.button.classList.toggle('on', this.isOn());
  }

  /** @param {Slider} slider */
  makeSlider(slider) {
    const { key, name, hint, max, step } = slider;
    const input = Object.assign(document.createElement('input'), { type: 'range', min: '0', max: String(max), step: String(step) });
    const number = createElement('b', '');
    const row = createElement('label', 'slider');
    const hintText = text(hint, { seconds: numberText(STALL_INTERVAL_MS / 1000) });
    row.append(createElement('span', '', text(name)), createElement('small', '', hintText), number, input);
    input.addEventListener('input', () => this.setNetwork({ [key]: Number(input.value) }));
    return { slider, input, number, row };
  }

  makePresets() {
    const row = createElement('div', 'presets');
    for (const { name, network } of PRESETS) {
      const button = createElement('button', 'secondary small', text(name));
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => this.setNetwork(network));
      row.append(button);
    }
    return row;
  }

  makeSwitches() {
    const rows = createElement('div', 'switches');
    for (const { key, name, hint } of SWITCHES) rows.append(this.makeSwitch(key, name, hint));
    return rows;
  }

  /**
   * @param {keyof Techniques | 'ghost'} key
   * @param {string} name
   * @param {string} hint
   */
  makeSwitch(key, name, hint) {
    const input = Object.assign(document.createElement('input'), { type: 'checkbox', checked: key !== 'ghost' });
    input.setAttribute('role', 'switch');
    const row = createElement('label', 'switch');
    row.append(createElement('span', '', text(name)), createElement('small', '', text(hint)), input);
    input.addEventListener('change', () => {
      if (key === 'ghost') this.showsGhost = input.checked;
      else this.techniques[key] = input.checked;
      this.show();
    });
    return row;
  }
}

/** @param {keyof NetworkConditions} key @param {number} value */
function quantityText(key, value) {
  if (key === 'lossPercent') return `${value} %`;
  return key === 'jitterMs' ? `± ${value} ms` : `${value} ms`;
}

/** @param {URLSearchParams} query @returns {NetworkConditions} the conditions in the URL */
function networkFrom(query) {
  const network = idealNetwork();
  for (const { key, parameter, max } of SLIDERS) {
    const value = Number(query.get(parameter) ?? 0);
    network[key] = Number.isFinite(value) ? Math.min(Math.max(value, 0), max) : 0;
  }
  return network;
}
