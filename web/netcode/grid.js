// @ts-check
/** The grid that decides who is told about what. Mirrors `grid.rs`. */

import { Position } from './units.js';

/**
 * @typedef {{column: number, row: number}} Cell
 * @typedef {{left: number, top: number, right: number, bottom: number}} ViewRect a rectangle of cells, all four inclusive
 */

const CELLS_EACH_WAY_MAX = 256;

/** A square world cut into square cells. What lies beyond the edge belongs to the cell at the edge. */
export class Grid {
  /**
   * @param {number} extent the side of the world, in 64ths of a unit
   * @param {number} cellSizeUnits the side of a cell, in units
   * @throws {RangeError} if the cells are empty or too many
   */
  constructor(extent, cellSizeUnits) {
    this.cellSize = cellSizeUnits * Position.UNIT;
    this.last = Math.floor(Math.max(extent - 1, 0) / this.cellSize);
    if (!(this.last < CELLS_EACH_WAY_MAX)) {
      throw new RangeError('a world has from 1 to 256 cells each way');
    }
  }

  /** @param {number} at a place along one axis @returns {number} the column or row that it belongs to */
  along(at) {
    return Math.min(Math.floor(Math.max(at, 0) / this.cellSize), this.last);
  }

  /** @param {{x: number, y: number}} place @returns {Cell} the cell that a place belongs to */
  cell(place) {
    return { column: this.along(place.x), row: this.along(place.y) };
  }

  /** @returns {ViewRect} the whole world */
  everything() {
    return { left: 0, top: 0, right: this.last, bottom: this.last };
  }

  /** @param {ViewRect} view @param {{x: number, y: number}} place @returns {boolean} whether the place is in view */
  sees(view, place) {
    const column = this.along(place.x);
    const row = this.along(place.y);
    return view.left <= column && column <= view.right && view.top <= row && row <= view.bottom;
  }
}
