// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { adjacent, descriptions, markerText, near, placed } from '../../web/demo/replay/markers.js';
import { clockText, spokenText } from '../../web/demo/replay/time.js';

const kill = (/** @type {number} */ tick) => ({ tick, kind: /** @type {const} */ ('kill'), player: 'Ada', other: 'Grace' });
const offsets = (/** @type {{offset: number}[]} */ markers) => markers.map(({ offset }) => offset);

test('markers are placed relative to the beginning of the range, also across the wrap of ticks', () => {
  const first = 2 ** 32 - 10;
  const markers = placed([5, first, 200, first - 1].map(kill), first, 100);
  assert.deepEqual(offsets(markers), [0, 15]);
});

test('markers near a position are described, the nearest first', () => {
  const markers = placed([10, 90, 100, 104, 109, 111].map(kill), 0, 200);
  assert.deepEqual(offsets(near(markers, 103, 10)), [104, 100, 109, 111]);
  assert.deepEqual(descriptions(near(markers, 103, 10)).at(-1), 'and 1 more');
  assert.deepEqual(descriptions(near(markers, 50, 5)), []);
});

test('the next and the previous event are found', () => {
  const markers = placed([10, 90, 100].map(kill), 0, 200);
  assert.equal(adjacent(markers, 10, 1, 5)?.offset, 90);
  assert.equal(adjacent(markers, 88, 1, 5)?.offset, 100);
  assert.equal(adjacent(markers, 100, -1, 5)?.offset, 90);
  assert.equal(adjacent(markers, 100, 1, 5), null);
  assert.equal(adjacent(markers, 10, -1, 5), null);
});

test('each kind of event has a text', () => {
  const others = /** @type {const} */ (['join', 'leave', 'record']).map((kind) => ({ tick: 1, kind, player: 'Ada' }));
  const texts = [kill(1), ...others].map((marker) => markerText(marker));
  assert.deepEqual(texts, ['Ada destroyed Grace', 'Ada joined', 'Ada left', 'Ada set a new high score']);
});

test('positions are shown as on a clock, and spoken in words', () => {
  assert.deepEqual([-1, 0, 65.9, 3605].map(clockText), ['0:00', '0:00', '1:05', '1:00:05']);
  assert.equal(spokenText(3661), '1 hour 1 minute 1 second');
  assert.equal(spokenText(125), '2 minutes 5 seconds');
});
