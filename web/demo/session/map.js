// @ts-check
// Converts the map of the arena, which the server sends once per second, to world units.

import { DENSITY_SIDE, MAP_SIDE } from '../../netcode/index.js';

/**
 * @param {import('../../netcode/index.js').ArenaMap} map
 * @param {number} worldSize
 * @returns {import('../scene.js').MapView}
 */
export function mapView({ leader, ships, density }, worldSize) {
  const side = worldSize / MAP_SIDE;
  const center = (/** @type {import('../../netcode/index.js').MapField} */ { column, row }) => (
    { x: (column + 0.5) * side, y: (row + 0.5) * side }
  );
  const squares = (density ?? []).map((value, index) => {
    const size = worldSize / DENSITY_SIDE;
    return { x: (index % DENSITY_SIDE) * size, y: Math.floor(index / DENSITY_SIDE) * size, size, value };
  });
  return {
    leader: leader && center(leader),
    ships: (ships ?? []).map(center),
    crowds: squares.filter(({ value }) => value > 0),
    precision: side,
  };
}
