// @ts-check
// A table of the average bytes per snapshot for each kind of part. Its colours are those of the snapshot chart.

import { KINDS } from '../../netcode/index.js';
import { createElement, setText } from '../dom.js';
import { numberText, text } from '../texts.js';

/** @typedef {import('../../netcode/index.js').Breakdown} Breakdown */

/** Colours of the `KINDS`, in their order. */
export const KIND_COLOURS = Object.freeze([
  '#5f7193', '#a397ff', '#62bdf6', '#f2935f', '#ffc24b', '#ff6b57', '#aebbd2', '#4fd6a4', '#e88fc6',
]);

/** The table of snapshot sizes. */
export class BreakdownTable {
  constructor() {
    this.root = createElement('div', 'kinds');
    this.total = createElement('p', 'total', text('graph.perSnapshot'));
    this.list = createElement('ul', '');
    this.cells = KINDS.map((kind, at) => kindCell(kind, KIND_COLOURS[at]));
    this.list.append(...this.cells);
    this.root.append(this.total, this.list);
  }

  /** @param {{breakdown: Breakdown, seconds: number}} recent */
  show({ breakdown, seconds }) {
    const { bytes, snapshots } = breakdown;
    const perSnapshot = (/** @type {number} */ number) => (snapshots === 0 ? 0 : number / snapshots);
    const rate = seconds === 0 ? 0 : bytes / seconds;
    setText(this.total, text('graph.rates', { bytes: numberText(perSnapshot(bytes), 1), perSecond: Math.round(rate) }));
    KINDS.forEach((kind, at) => {
      const share = breakdown.share(kind);
      this.cells[at].classList.toggle('none', share.bytes === 0);
      setText(this.cells[at].children[2], numberText(perSnapshot(share.bytes), 1));
    });
  }
}

/**
 * @param {string} kind
 * @param {string} colour
 */
function kindCell(kind, colour) {
  const cell = createElement('li', 'none');
  const swatch = createElement('i', '');
  swatch.style.background = colour;
  cell.append(swatch, createElement('span', '', text(`kind.${kind}`)), createElement('b', '', numberText(0, 1)));
  return cell;
}
