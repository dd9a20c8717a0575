// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

// Stubs of the browser APIs that `bullets.js` uses.
Object.assign(globalThis, { Path2D: class {}, document: { createElement: () => ({ getContext: () => null }) } });
const { drawBullets } = await import('../../web/demo/render/bullets.js');

/** @param {boolean} isOwn @returns {Set<string>} the names of the drawing methods that a shot uses */
function methodsOf(isOwn) {
  const used = new Set();
  const context = new Proxy({}, { get: (_, name) => () => used.add(name), set: () => true });
  const camera = { sees: () => true };
  const drawContext = /** @type {any} */ ({ context, camera, glyphScale: 1 });
  drawBullets(drawContext, [{ id: 1, player: 1, isOwn, x: 0, y: 0, heading: 0 }]);
  return used;
}

test('own shots are strokes and the shots of others are filled shapes, whatever their colours', () => {
  const [own, other] = [methodsOf(true), methodsOf(false)];
  assert.deepEqual([own.has('stroke'), own.has('fill')], [true, false]);
  assert.deepEqual([other.has('stroke'), other.has('fill')], [false, true]);
});
