// @ts-check
// The quality of the picture on machines of different speeds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { QUALITY_LEVELS, Quality } from '../../web/demo/render/quality.js';

const LOWEST = QUALITY_LEVELS.length - 1;

/**
 * Draws frames, and returns the level after each second.
 * @param {Quality} quality
 * @param {number} seconds
 * @param {(level: number) => number} rateAt the frame rate of the machine at a level
 * @param {number} [fromMs]
 */
function play(quality, seconds, rateAt, fromMs = 0) {
  const levels = [];
  let nowMs = fromMs;
  for (let second = 1; second <= seconds; second += 1) {
    while (nowMs < fromMs + second * 1000) {
      quality.handleFrame(nowMs);
      nowMs += 1000 / rateAt(quality.level);
    }
    levels.push(quality.level);
  }
  return levels;
}

test('no level has less than 0.75 of the resolution, and each costs less than the one before', () => {
  QUALITY_LEVELS.forEach(({ resolution, effects }, at) => {
    const before = QUALITY_LEVELS[at - 1] ?? { resolution: 1, effects: 1 };
    assert.ok(resolution >= 0.75 && resolution <= before.resolution && effects <= before.effects);
  });
});

test('a machine that draws 60 frames per second keeps full quality', () => {
  assert.deepEqual(new Set(play(new Quality(), 300, () => 60)), new Set([0]));
  assert.deepEqual(new Set(play(new Quality(), 300, () => 144)), new Set([0]));
});

test('a slow machine gets the best quality at which it draws enough frames', () => {
  const levels = play(new Quality(), 8, (level) => [40, 48, 59, 60][level]);
  assert.equal(levels.at(-1), 2);
});

test('a single slow second changes nothing', () => {
  const quality = new Quality();
  play(quality, 5, () => 60);
  play(quality, 1, () => 30, 5000);
  assert.deepEqual(new Set(play(quality, 20, () => 60, 6000)), new Set([0]));
});

test('after a short load, full quality returns', () => {
  const quality = new Quality();
  assert.ok((play(quality, 4, () => 45).at(-1) ?? 0) > 0);
  assert.equal(play(quality, 60, () => 60, 4000).at(-1), 0);
});

test('on a machine that is too slow for full quality, trials become rare', () => {
  const levels = play(new Quality(), 1200, (level) => [45, 60, 60, 60][level]);
  const trials = levels.filter((level, at) => level === 0 && levels[at - 1] === 1);
  assert.ok(trials.length >= 3 && trials.length <= 12, `${trials.length} trials in 20 minutes`);
  const last = levels.slice(-600).filter((level) => level === 0).length;
  assert.ok(last <= 20, `${last} of the last 600 seconds were at full quality, with too few frames`);
});

test('if a lower quality does not help, as on a screen with 50 Hz, full quality is kept', () => {
  const levels = play(new Quality(), 120, () => 50);
  assert.ok(levels.includes(LOWEST), 'every level is tried');
  assert.deepEqual(new Set(levels.slice(15)), new Set([0]));
});

test('if a lower quality helps, but is still too slow, it is kept', () => {
  const levels = play(new Quality(), 60, (level) => [20, 25, 30, 40][level]);
  assert.deepEqual(new Set(levels.slice(15)), new Set([LOWEST]));
});

test('if a lower resolution takes more time, it is not used', () => {
  const levels = play(new Quality(), 60, (level) => [45, 50, 40, 35][level]);
  assert.deepEqual(new Set(levels.slice(15)), new Set([1]));
});

test('a pause is not a slow frame', () => {
  const quality = new Quality();
  for (let minute = 0; minute < 30; minute += 1) {
    for (let frame = 0; frame < 50; frame += 1) quality.handleFrame(minute * 60_000 + (frame * 1000) / 60);
  }
  assert.equal(quality.level, 0);
});
