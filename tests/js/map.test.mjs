// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapView } from '../../web/demo/session/map.js';

test('ships on the map are in the centers of their fields', () => {
  const field = { column: 63, row: 0 };
  const view = mapView({ kind: 'map', leader: field, ships: [field], density: null }, 6400);
  assert.deepEqual(view, { leader: { x: 6350, y: 50 }, ships: [{ x: 6350, y: 50 }], crowds: [], precision: 100 });
});

test('a density becomes the squares that contain ships', () => {
  const density = Array.from({ length: 256 }, (_, index) => (index === 17 ? 3 : 0));
  const { ships, crowds } = mapView({ kind: 'map', leader: null, ships: null, density }, 1600);
  assert.deepEqual([ships, crowds], [[], [{ x: 100, y: 100, size: 100, value: 3 }]]);
});
