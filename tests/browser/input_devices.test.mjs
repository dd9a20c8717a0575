// @ts-check
// Touch and gamepad controls.
import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

/** A ship that has moved this many units must have been under thrust. */
const FLOWN_UNITS = 60;

browserTest('touch controls steer, thrust, aim and fire', EMPTY_ARENA, async (fixture) => {
  const [tab, witness] = [await fixture.open('?room=touch', SCREENS.phone), await fixture.open('?room=touch&spectate')];
  const { own } = await tab.join('Thumb');
  assert.ok(own);
  const fingers = await tab.fingers();
  await tab.page.locator('#stick-left').waitFor();
  await fingers.down({ left: { x: 90, y: 700 } });
  await fingers.move({ left: { x: 90, y: 640 } });
  const north = await tab.until('flies north', (state) => (
    state.own !== null && state.own.isThrusting && Math.abs(state.own.heading - 1.5 * Math.PI) < 0.1
  ));
  await fingers.move({ left: { x: 150, y: 700 } });
  await tab.until('flies east', (state) => (state.own?.x ?? 0) > (north.own?.x ?? 0) + FLOWN_UNITS);

  await fingers.down({ left: { x: 150, y: 700 }, right: { x: 300, y: 700 } });
  await fingers.move({ left: { x: 150, y: 700 }, right: { x: 240, y: 700 } });
  // Away from the nearest edge of the arena, so that the bullets fly for a while.
  await tab.until('aims west', ({ own: ship }) => ship !== null && Math.abs(ship.heading - Math.PI) < 0.1);
  await witness.until('sees it fire', ({ entities }) => entities.bullets > 1);
  await tab.screenshot('phone-touch');
  await fingers.up();
  await tab.until('stops thrusting', ({ own: ship }) => ship !== null && !ship.isThrusting);
  await tab.until('has no bullets left', ({ entities }) => entities.bullets === 0);
});

browserTest('a small touch deflection steers without thrust', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('', SCREENS.phone);
  await tab.join('Thumb');
  const fingers = await tab.fingers();
  await fingers.down({ left: { x: 90, y: 700 } });
  await fingers.move({ left: { x: 70, y: 700 } });
  const west = await tab.until('aims west', ({ own }) => own !== null && Math.abs(own.heading - Math.PI) < 0.1);
  assert.equal(west.own?.isThrusting, false);
  await fingers.up();
});

browserTest('a gamepad works as soon as it is connected', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open();
  await tab.page.evaluate(() => {
    const released = Array.from({ length: 17 }, () => ({ pressed: false, touched: false, value: 0 }));
    const pad = { connected: true, mapping: 'standard', axes: [0, 0, 0, 0], buttons: released };
    Object.assign(window, { pad });
    Object.defineProperty(navigator, 'getGamepads', { value: () => [null, pad] });
  });
  const { own } = await tab.join('Pad');
  await tab.page.evaluate(() => Object.assign(window, { pad: Object.assign(window.pad, { axes: [0.9, 0, 0, 0] }) }));
  await tab.until('flies east', (state) => (state.own?.x ?? 0) > (own?.x ?? 0) + FLOWN_UNITS);
  await tab.page.evaluate(() => { window.pad.buttons[7].pressed = true; });
  await tab.until('fires', ({ entities }) => entities.bullets > 1);
  await tab.page.evaluate(() => Object.assign(window.pad, { axes: [0, 0, 0, 1], connected: true }));
  await tab.until('aims south', (state) => state.own !== null && Math.abs(state.own.heading - 0.5 * Math.PI) < 0.1);
});
