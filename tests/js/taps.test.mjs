// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controls, Presses } from '../../web/netcode/index.js';
import { Room, Timeline } from './room.mjs';

// Replaces the only parts of the DOM that the page's input devices use: event targets, `matchMedia` and `HTMLElement`.
const surface = new EventTarget();
Object.assign(globalThis, { window: Object.assign(new EventTarget(), { matchMedia: () => ({}) }), HTMLElement: class {} });
const { Keyboard } = await import('../../web/demo/input/keyboard.js');
const { Mouse } = await import('../../web/demo/input/mouse.js');
const { Touch } = await import('../../web/demo/input/touch.js');

const FRAME_MS = 1000 / 60;
const TAPS = 12;
/** Time of the first tap. By then, the lead has settled. */
const FIRST_MS = 2000;
/** Interval between taps. It is not a multiple of a tick, so each tap is at a different time within its tick. */
const INTERVAL_MS = 407;
const LINE = { delayMs: 40, jitterMs: 8 };

/** @param {string} type @param {Record<string, unknown>} properties */
const event = (type, properties) => Object.assign(new Event(type, { cancelable: true }), properties);
const key = (/** @type {string} */ code) => ({
  press: () => window.dispatchEvent(event('keydown', { code })),
  release: () => window.dispatchEvent(event('keyup', { code })),
});
const finger = { pointerType: 'touch', pointerId: 1, clientX: 900, clientY: 10 };

const DEVICES = {
  keyboard: { create: () => new Keyboard(), ...key('Space') },
  mouse: {
    create: () => new Mouse(/** @type {any} */ (surface), () => ({ x: 0, y: 0 })),
    press: () => surface.dispatchEvent(event('mousedown', { button: 0, clientX: 5, clientY: 5 })),
    release: () => window.dispatchEvent(event('mouseup', { button: 0 })),
  },
  'touch screen': {
    create: () => new Touch(/** @type {any} */ (Object.assign(surface, { clientWidth: 1000 })), new EventTarget()),
    press: () => surface.dispatchEvent(event('pointerdown', finger)),
    release: () => window.dispatchEvent(event('pointerup', finger)),
  },
};

/**
 * A room whose client samples its controls in every frame.
 * @param {() => import('../../web/netcode/controls.js').ControlsValue} controls
 */
function playing(controls) {
  const timeline = new Timeline();
  const room = new Room(timeline, LINE);
  room.start();
  timeline.every(FRAME_MS, () => room.connection.setControls(controls()));
  return { timeline, room };
}

/** @param {Timeline} timeline @param {number} tapMs @param {{press: () => void, release: () => void}} device */
function tap(timeline, tapMs, { press, release }) {
  for (let index = 0; index < TAPS; index += 1) {
    const at = FIRST_MS + index * INTERVAL_MS;
    timeline.at(at, press);
    timeline.at(at + tapMs, release);
  }
  timeline.run(FIRST_MS + (TAPS + 1) * INTERVAL_MS);
}

for (const [name, device] of Object.entries(DEVICES)) {
  for (const tapMs of [5, 20]) {
    test(`each of ${TAPS} taps of ${tapMs} ms on the ${name} fires one shot in the server's world`, () => {
      const created = device.create();
      const listening = new AbortController();
      created.start(listening.signal);
      const { timeline, room } = playing(() => created.controls());
      tap(timeline, tapMs, device);
      listening.abort();
      assert.equal(room.shots, TAPS);
      assert.equal(room.connection.statistics.corrections, 0, 'the client predicted each shot');
    });
  }
}

test('a button that is pressed in a single frame, as on a gamepad, holds for a tick', () => {
  let isPressed = false;
  const { timeline, room } = playing(() => ({ ...Controls.NONE, fire: isPressed }));
  tap(timeline, FRAME_MS, { press: () => (isPressed = true), release: () => (isPressed = false) });
  assert.equal(room.shots, TAPS);
});

test('a tap that steers turns the ship for one tick', () => {
  const keyboard = new Keyboard();
  const listening = new AbortController();
  keyboard.start(listening.signal);
  const { timeline, room } = playing(() => keyboard.controls());
  tap(timeline, 5, key('KeyA'));
  listening.abort();
  const turned = room.held.filter(({ steering }) => steering === 'left').length;
  assert.ok(turned >= TAPS && turned <= 2 * TAPS, `turned in ${turned} ticks`);
});

test('a release is delayed only if the press is in the same tick', () => {
  const held = { ...Controls.NONE, fire: true };
  const aimed = { ...held, steering: /** @type {const} */ ('towards'), aim: 4 };
  const released = { ...aimed, fire: false };
  assert.deepEqual(Controls.holdPresses(held, aimed, released), released, 'fire was pressed in an earlier tick');
  assert.deepEqual(Controls.holdPresses(Controls.NONE, aimed, released), aimed, 'fire was pressed in this tick');
  assert.deepEqual(Controls.holdPresses(Controls.NONE, aimed, Controls.NONE), aimed);
});

test('keys count as pressed until they are sampled', () => {
  /** @type {Presses<string>} */
  const presses = new Presses();
  presses.press('a');
  presses.release('a');
  presses.press('b');
  assert.deepEqual([...presses.sample()].sort(), ['a', 'b']);
  assert.deepEqual([...presses.sample()], ['b']);
  presses.press('b');
  presses.release('b');
  assert.deepEqual([...presses.sample()], [], 'the second press was a repetition');
  presses.press('c');
  presses.clear();
  assert.deepEqual([...presses.sample()], []);
});
