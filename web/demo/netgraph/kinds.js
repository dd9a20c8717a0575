// @ts-check
// What snapshots are made of: bytes and number by kind, with the colour that the kind has in the chart.

import { KINDS } from '../../netcode/index.js';
import { make, write } from '../page.js';

/** @typedef {import('../../netcode/index.js').Breakdown} Breakdown */

/** The colour of each of the `KINDS`. */
export const KIND_COLOURS = Object.freeze([
  '#5f7193', '#a397ff', '#62bdf6', '#f2935f', '#ffc24b', '#ff6b57', '#aebbd2', '#4fd6a4', '#e88fc6',
]);

/** The table. */
export class KindTable {
  constructor() {
    this.root = make('div', 'kinds');
    this.total = make('p', 'total', 'bytes a snapshot');
    this.list = make('ul', '');
    this.cells = KINDS.map((kind, at) => kindCell(kind, KIND_COLOURS[at]));
    this.list.append(...this.cells);
    this.root.append(this.total, this.list);
  }

  /** @param {{breakdown: Breakdown, seconds: number}} recent */
  show({ breakdown, seconds }) {
    const { bytes, snapshots } = breakdown;
    const perSnapshot = (/** @type {number} */ number) => (snapshots === 0 ? 0 : number / snapshots);
    const rate = seconds === 0 ? 0 : bytes / seconds;
    write(this.total, `${perSnapshot(bytes).toFixed(1)} bytes a snapshot, ${Math.round(rate).toLocaleString('en')} a second`);
    KINDS.forEach((kind, at) => {
      const share = breakdown.share(kind);
      this.cells[at].classList.toggle('none', share.bytes === 0);
      write(this.cells[at].children[2], perSnapshot(share.bytes).toFixed(1));
    });
  }
}

/**
 * @param {string} kind
 * @param {string} colour
 */
function kindCell(kind, colour) {
  const cell = make('li', 'none');
  const swatch = make('i', '');
  swatch.style.background = colour;
  cell.append(swatch, make('span', '', kind.replace('_', ' ')), make('b', '', '0.0'));
  return cell;
}
