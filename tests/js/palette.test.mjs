// @ts-check
// Checks the contrast of text and shapes (WCAG 2.2, 1.4.3 and 1.4.11), and the differences between player colours as seen with
// and without colour vision deficiencies (Machado, Oliveira and Fernandes 2009; CIE 1976 differences).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { COLOURS, PLAYERS, withAlpha } from '../../web/demo/theme.js';

const CSS = readFileSync(new URL('../../web/style.css', import.meta.url), 'utf8');
const TEXT_MIN = 4.5;
const SHAPE_MIN = 3;
/**
 * Minimum CIE 1976 differences: between the local player's colour and those of other players, and among other players. A
 * difference of about 2 is just noticeable if the colours are side by side.
 */
const OWN_DIFFERENCE_MIN = 25;
const PLAYERS_DIFFERENCE_MIN = 10;

/** Common vision and severe colour vision deficiencies, as matrices for linear RGB. */
const VISION = Object.freeze({
  common: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
});

/** @param {string} name of a custom property with a value like `#rrggbb` */
function css(name) {
  const [, value] = CSS.match(new RegExp(`--${name}: (#[0-9a-f]{6});`)) ?? [];
  assert.ok(value, `style.css has --${name}`);
  return value;
}

/** @param {string} hex @returns {number[]} linear light, from 0 to 1 */
function linear(hex) {
  return [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
}

/** @param {string} hex */
function luminance(hex) {
  const [red, green, blue] = linear(hex);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** @param {string} one @param {string} other */
function contrast(one, other) {
  const [dark, bright] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (bright + 0.05) / (dark + 0.05);
}

/** @param {string} hex @param {number[][]} matrix @returns {number[]} CIE L*a*b* */
function lab(hex, matrix) {
  const light = linear(hex);
  const [red, green, blue] = matrix.map((row) => row.reduce((sum, part, at) => sum + part * light[at], 0))
    .map((value) => Math.min(Math.max(value, 0), 1));
  const xyz = [
    (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
    0.2126 * red + 0.7152 * green + 0.0722 * blue,
    (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
  ];
  const [x, y, z] = xyz.map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** @param {string} one @param {string} other @param {number[][]} matrix */
function difference(one, other, matrix) {
  const [a, b] = [lab(one, matrix), lab(other, matrix)];
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

test('text has enough contrast on every background', () => {
  const backgrounds = [css('ink'), '#0a101e', '#090e1b'];
  const inks = [css('text'), css('quiet'), css('own'), css('danger'), css('good'), COLOURS.quiet, COLOURS.text, ...PLAYERS];
  for (const background of backgrounds) {
    for (const ink of inks) {
      const ratio = contrast(ink, background);
      assert.ok(ratio >= TEXT_MIN, `${ink} on ${background}: ${ratio}`);
    }
  }
  assert.ok(contrast(css('own-deep'), css('own')) >= TEXT_MIN, 'text on a button');
  assert.ok(contrast('#8494b0', '#04070f') >= TEXT_MIN, 'placeholder of a field');
});

test('drawn shapes have enough contrast to the sky', () => {
  for (const ink of [COLOURS.own, COLOURS.orb, COLOURS.shield, COLOURS.border, COLOURS.rockLit, ...PLAYERS]) {
    assert.ok(contrast(ink, COLOURS.ink) >= SHAPE_MIN, `${ink}: ${contrast(ink, COLOURS.ink)}`);
  }
});

test('no player looks like the local one, for any vision', () => {
  for (const [vision, matrix] of Object.entries(VISION)) {
    for (const colour of PLAYERS) {
      const apart = difference(COLOURS.own, colour, matrix);
      assert.ok(apart >= OWN_DIFFERENCE_MIN, `${colour} with ${vision}: ${apart.toFixed(1)}`);
    }
  }
});

test('the page and the canvas use the same colours', () => {
  for (const name of /** @type {const} */ (['ink', 'own', 'text', 'danger'])) assert.equal(css(name), COLOURS[name]);
  assert.equal(withAlpha('#102030', 0.5), 'rgba(16, 32, 48, 0.5)');
});

test('player colours differ from each other, for any vision', () => {
  for (const [vision, matrix] of Object.entries(VISION)) {
    const pairs = PLAYERS.flatMap((one, at) => PLAYERS.slice(at + 1).map((other) => [one, other]));
    for (const [one, other] of pairs) {
      const apart = difference(one, other, matrix);
      assert.ok(apart >= PLAYERS_DIFFERENCE_MIN, `${one} and ${other} with ${vision}: ${apart.toFixed(1)}`);
    }
  }
});
