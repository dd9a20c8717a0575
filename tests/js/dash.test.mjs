// @ts-check
// The dash: the keys that start it, and its prediction.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controls } from '../../web/netcode/index.js';
import { Room, Timeline } from './room.mjs';

// Replaces the only parts of the DOM that the keyboard uses.
Object.assign(globalThis, { window: new EventTarget(), HTMLElement: class {} });
const { DoubleTap } = await import('../../web/demo/input/double_tap.js');
const { Keyboard } = await import('../../web/demo/input/keyboard.js');

const FRAME_MS = 1000 / 60;
/** A round trip of 150 ± 40 ms. */
const LINE = { delayMs: 75, jitterMs: 20 };
const FLIGHT_MS = 60_000;
/** By this time, clock and lead have settled. */
const SETTLED_MS = 5_000;

test('the second of two quick taps is a double tap', () => {
  const taps = new DoubleTap();
  assert.deepEqual([0, 200, 300, 900, 1300, 1400].map((at) => taps.tap(at)), [false, true, false, false, false, true]);
});

test('Shift dashes, and so does a thrust key that is pressed twice', () => {
  const keyboard = new Keyboard();
  const listening = new AbortController();
  keyboard.start(listening.signal);
  const key = (/** @type {string} */ type, /** @type {string} */ code, /** @type {number} */ timeStamp) => {
    const event = Object.assign(new Event(type), { code });
    window.dispatchEvent(Object.defineProperty(event, 'timeStamp', { value: timeStamp }));
  };
  key('keydown', 'ShiftLeft', 0);
  key('keyup', 'ShiftLeft', 5);
  assert.deepEqual([keyboard.controls().dash, keyboard.controls().dash], [true, false]);
  key('keydown', 'KeyW', 1000);
  assert.deepEqual(keyboard.controls(), { ...Controls.NONE, thrust: true });
  key('keyup', 'KeyW', 1100);
  key('keydown', 'KeyW', 1200);
  key('keyup', 'KeyW', 1205);
  assert.deepEqual(keyboard.controls(), { ...Controls.NONE, thrust: true, dash: true });
  assert.deepEqual(keyboard.controls(), Controls.NONE);
  listening.abort();
});

test('a minute of free flight with dashes needs no correction', () => {
  const timeline = new Timeline();
  const room = new Room(timeline, LINE);
  room.start();
  let corrections = 0;
  let dashes = 0;
  timeline.every(FRAME_MS, () => {
    const seconds = timeline.now / 1000;
    room.connection.setControls({
      steering: 'towards',
      aim: Math.floor(seconds * 90) % 1024,
      thrust: seconds % 4 < 2.5,
      fire: seconds % 1 < 0.1,
      dash: seconds % 3 < 0.1,
    });
  });
  timeline.at(SETTLED_MS, () => { corrections = room.connection.statistics.corrections; });
  timeline.every(1000 / 30, () => {
    dashes += Number(room.world.get(0).recharge === 75);
  });
  timeline.run(SETTLED_MS + FLIGHT_MS);
  assert.ok(dashes >= 20, `${dashes} dashes`);
  assert.equal(room.connection.statistics.corrections - corrections, 0);
});
