// @ts-check
// The choice of an upgrade with each input device.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Controls } from '../../web/netcode/index.js';
import { GamepadInput } from '../../web/demo/input/gamepad.js';
import { Keyboard } from '../../web/demo/input/keyboard.js';

test('the keys 1 to 3 choose an upgrade, for one sample', () => {
  Object.assign(globalThis, { window: new EventTarget(), HTMLElement: class {} });
  const keyboard = new Keyboard();
  const listening = new AbortController();
  keyboard.start(listening.signal);
  for (const [code, choice] of /** @type {[string, number][]} */ ([['Digit1', 1], ['Numpad2', 2], ['Digit3', 3]])) {
    for (const type of ['keydown', 'keyup']) window.dispatchEvent(Object.assign(new Event(type), { code }));
    assert.deepEqual(keyboard.controls(), { ...Controls.NONE, choice });
    assert.deepEqual(keyboard.controls(), Controls.NONE);
  }
  listening.abort();
});

test('left, up and right of the directional pad choose an upgrade', () => {
  let pressed = -1;
  const buttons = Array.from({ length: 17 }, (_, at) => ({ get pressed() { return at === pressed; } }));
  const pad = { connected: true, mapping: 'standard', axes: [0, 0, 0, 0], buttons };
  Object.defineProperty(globalThis, 'navigator', { value: { getGamepads: () => [pad] }, configurable: true });
  const choices = [14, 12, 15, 13].map((button) => {
    pressed = button;
    return new GamepadInput().controls().choice;
  });
  assert.deepEqual(choices, [1, 2, 3, 0]);
});

test('a choice that is released in its tick is held for the whole tick', () => {
  const chosen = { ...Controls.NONE, choice: 2 };
  assert.deepEqual(Controls.holdPresses(Controls.NONE, chosen, Controls.NONE), chosen);
  assert.deepEqual(Controls.holdPresses(chosen, chosen, Controls.NONE), Controls.NONE, 'it was held before');
  assert.ok(Controls.isUrgent(Controls.NONE, chosen));
});
