// @ts-check
/** Grid for interest management: clients receive the entities in the cells of their view. Mirrors the Rust `Grid`. */

import { Position } from './units.js';

/**
 * @typedef {{column: number, row: number}} Cell
 * @typedef {{left: number, top: number, right: number, bottom: number}} ViewRect a rectangle of cells, bounds inclusive
 */

const CELLS_PER_AXIS_MAX = 256;

/** A square world divided into square cells. Positions beyond the edge belong to the nearest cell. */
export class Grid {
  /**
   * @param {number} extent side of the world, in 64ths of a unit
   * @param {number} cellSizeUnits side of a cell, in units
   * @throws {RangeError} if the world would have more than 256 cells per axis, or the cell size is 0
   */
  constructor(extent, cellSizeUnits) {
    this.cellSize = cellSizeUnits * Position.UNIT;
    this.last = Math.floor(Math.max(extent - 1, 0) / this.cellSize);
    if (!(this.last < CELLS_PER_AXIS_MAX)) {
      throw new RangeError('a world has 1 to 256 cells per axis');
    }
  }

  /** @param {number} coordinate along one axis @returns {number} the column or row of the cell */
  cellIndex(coordinate) {
    return Math.min(Math.floor(Math.max(coordinate, 0) / this.cellSize), this.last);
  }

  /** @param {{x: number, y: number}} position @returns {Cell} the cell of a position */
  cell(position) {
    return { column: this.cellIndex(position.x), row: this.cellIndex(position.y) };
  }

  /** @returns {ViewRect} all cells */
  everything() {
    return { left: 0, top: 0, right: this.last, bottom: this.last };
  }

  /** @param {ViewRect} view @param {{x: number, y: number}} position @returns {boolean} whether the position is in view */
  isInView(view, position) {
    const column = this.cellIndex(position.x);
    const row = this.cellIndex(position.y);
    return view.left <= column && column <= view.right && view.top <= row && row <= view.bottom;
  }
}
