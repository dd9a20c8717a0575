// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LINE_PX, popupHeights } from '../../web/demo/render/score_popups.js';

const NOW_MS = 5000;

/** @param {number[]} agesMs @param {boolean} reducedMotion */
function heights(agesMs, reducedMotion) {
  return popupHeights(agesMs.map((ageMs) => ({ points: 5, fromMs: NOW_MS - ageMs })), NOW_MS, reducedMotion);
}

test('score popups never overlap', () => {
  for (const reducedMotion of [false, true]) {
    const stacked = heights([890, 700, 520, 350, 170, 0], reducedMotion);
    stacked.slice(1).forEach((height, at) => assert.ok(stacked[at] - height >= LINE_PX, `${stacked}`));
  }
});

test('a score popup rises while it is alone', () => {
  assert.deepEqual(heights([0], false), [0]);
  assert.ok(heights([600], false)[0] > heights([200], false)[0]);
  assert.deepEqual(heights([600], true), [0]);
});
