// @ts-check
// Effects of the netcode under simulated latency, measured in a real browser.

import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

/** An arena that every client sees completely. */
const SMALL_ARENA = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '5'];
/** The quality of the picture is fixed, because a change of the quality would delay a frame. */
const NETWORK = 'lag=150&jitter=40&quality=0';
/** Total duration of the flight, and duration of each of its legs. `TICKCAST_FLIGHT_S=60` flies for a minute. */
const FLIGHT_MS = Number(process.env.TICKCAST_FLIGHT_S ?? 20) * 1000;
const LEG_MS = 2_500;
/** Time without key presses after each leg of the flight. In this time, the reports on the leg's inputs arrive. */
const REPORTS_MS = 500;
/** A leg of the flight does not count if the page was blocked for longer than this. */
const BUSY_MS_MAX = 60;
const LEGS_MAX = 60;
/**
 * Maximum jump of a remote ship, in pixels. A jump is the distance between the drawn position and the position extrapolated
 * from the last two frames. A bounce off the border causes a jump of five pixels.
 */
const JUMP_PX_MAX = 6;

/**
 * Presses and releases keys at random. Counts the presses of the thrust key. If the effect of a press is not visible in the
 * next frame, the press counts as `delayed`. If the effect is not visible in the third frame either, the press also counts
 * as `unanswered`.
 * @param {{forMs: number, reportsMs: number}} durations
 * @returns {Promise<Record<'presses' | 'delayed' | 'unanswered' | 'corrections' | 'lateInputs' | 'busyMs', number>>}
 */
async function fly({ forMs, reportsMs }) {
  let seed = Math.floor(performance.now());
  const below = (/** @type {number} */ end) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed >>> 16) % end;
  };
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
  // @ts-expect-error defined by main.js
  const { state } = window.tickcast;
  let [busyMs, lastMs] = [0, performance.now()];
  const watching = setInterval(() => {
    const nowMs = performance.now();
    [busyMs, lastMs] = [Math.max(busyMs, nowMs - lastMs), nowMs];
  }, 5);
  const codes = ['KeyW', 'KeyA', 'KeyD', 'Space', 'ShiftLeft'];
  const held = new Set();
  const counts = { presses: 0, delayed: 0, unanswered: 0 };
  const { corrections, lateInputs } = state().net;
  const until = performance.now() + forMs;
  await frame();
  while (performance.now() < until) {
    const code = codes[below(codes.length)];
    const isDown = !held.delete(code);
    if (isDown) held.add(code);
    const { isThrusting } = state().own;
    window.dispatchEvent(new KeyboardEvent(isDown ? 'keydown' : 'keyup', { code }));
    await frame();
    // A press is not counted if the previous frame already shows thrust, because then the press has no visible effect. This
    // happens if no frame was drawn between the release of the key and this press.
    if (isDown && code === 'KeyW' && !isThrusting) {
      counts.presses += 1;
      counts.delayed += state().own.isThrusting ? 0 : 1;
      for (let frames = 1; frames < 3 && !state().own.isThrusting; frames += 1) await frame();
      counts.unanswered += state().own.isThrusting ? 0 : 1;
    }
    await new Promise((resolve) => setTimeout(resolve, 40 + below(400)));
  }
  held.forEach((code) => window.dispatchEvent(new KeyboardEvent('keyup', { code })));
  await new Promise((resolve) => setTimeout(resolve, reportsMs));
  clearInterval(watching);
  const { net } = state();
  return { ...counts, corrections: net.corrections - corrections, lateInputs: net.lateInputs - lateInputs, busyMs };
}

const FREE_FLIGHT = 'free flight at 150 ± 40 ms: key presses show in the next frame, and no prediction is corrected';
browserTest(FREE_FLIGHT, EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open(`?room=free&play&name=Ada&${NETWORK}`);
  await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  const legs = [];
  const good = () => legs.filter(({ busyMs }) => busyMs <= BUSY_MS_MAX);
  while (good().length * LEG_MS < FLIGHT_MS && legs.length < LEGS_MAX) {
    legs.push(await tab.page.evaluate(fly, { forMs: LEG_MS, reportsMs: REPORTS_MS }));
  }
  const { net, rttMs, checksums } = await tab.state();
  const sum = (/** @type {'presses' | 'delayed' | 'unanswered' | 'corrections' | 'lateInputs'} */ key) => (
    good().reduce((all, leg) => all + leg[key], 0)
  );
  const seen = {
    presses: sum('presses'),
    delayed: sum('delayed'),
    unanswered: sum('unanswered'),
    corrections: sum('corrections'),
    late: sum('lateInputs'),
  };
  console.log(JSON.stringify({ legs: good().length, of: legs.length, ...seen, rttMs, leadTicks: net?.leadTicks }));
  assert.ok(good().length * LEG_MS >= FLIGHT_MS, `the machine is too busy: ${legs.map(({ busyMs }) => Math.round(busyMs))} ms`);
  assert.ok(seen.presses > FLIGHT_MS / 3000 && checksums > FLIGHT_MS / 3000 && (rttMs ?? 0) > 100);
  assert.equal(seen.unanswered, 0, 'every key press shows');
  assert.ok(seen.delayed <= 1, 'the browser may drop one frame; all other key presses show in the next frame');
  assert.ok(seen.late <= 1, 'the lead follows the jitter, so an input is rarely late');
  assert.equal(seen.corrections, 0);
});

/**
 * Flies in a circle.
 * @param {number} forMs
 */
async function circle(forMs) {
  const canvas = document.getElementById('world');
  // @ts-expect-error defined by main.js
  const { state } = window.tickcast;
  window.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyW' }));
  for (const from = performance.now(); performance.now() < from + forMs;) {
    const { own, camera } = state();
    const angle = ((performance.now() - from) / 1000) * 2;
    const clientX = innerWidth / 2 + ((own?.x ?? 0) - camera.x) * camera.scale + 100 * Math.cos(angle);
    const clientY = innerHeight / 2 + ((own?.y ?? 0) - camera.y) * camera.scale + 100 * Math.sin(angle);
    canvas?.dispatchEvent(new PointerEvent('pointermove', { clientX, clientY, bubbles: true, pointerType: 'mouse' }));
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/**
 * Measures how far another ship jumps from the position extrapolated from the last two frames, in pixels.
 * @param {number} forMs
 * @returns {Promise<{frames: number, jumpPx: number, speedPx: number}>}
 */
async function watch(forMs) {
  // @ts-expect-error defined by main.js
  const { state } = window.tickcast;
  const until = performance.now() + forMs;
  const seen = { frames: 0, jumpPx: 0, speedPx: 0 };
  /** @type {{x: number, y: number, at: number}[]} */
  let last = [];
  while (performance.now() < until) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const { atMs: at, others: [ship], camera } = state();
    const [a, b] = last;
    if (a && b && ship) {
      const frames = (at - b.at) / (b.at - a.at);
      const [goesX, goesY] = [ship.x - b.x, ship.y - b.y];
      seen.jumpPx = Math.max(seen.jumpPx, Math.hypot(goesX - (b.x - a.x) * frames, goesY - (b.y - a.y) * frames) * camera.scale);
      seen.speedPx = Math.max(seen.speedPx, Math.hypot(goesX, goesY) * camera.scale);
      seen.frames += 1;
    }
    last = ship ? [...last, { x: ship.x, y: ship.y, at }].slice(-2) : [];
  }
  return seen;
}

browserTest('a remote ship moves smoothly under jitter', SMALL_ARENA, async (fixture) => {
  const ada = await fixture.open('?room=seen&play&name=Ada');
  await ada.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  const bob = await fixture.open(`?room=seen&play&name=Bob&${NETWORK}`);
  await bob.until('sees the ship', ({ phase, others }) => phase === 'playing' && others.length === 1);
  const flight = ada.page.evaluate(circle, 17_000);
  await bob.page.waitForTimeout(3000);
  const smooth = await bob.page.evaluate(watch, 8000);
  const { net } = await bob.state();
  await bob.page.keyboard.press('KeyL');
  await bob.page.getByText('Interpolation').click();
  const raw = await bob.page.evaluate(watch, 4000);
  await flight;
  console.log(JSON.stringify({ smooth, raw, delayTicks: net?.delayTicks, jitterTicks: net?.jitterTicks }));
  assert.ok(smooth.frames > 100 && smooth.speedPx > 1, 'the ship moved');
  assert.ok(smooth.jumpPx <= JUMP_PX_MAX, `it jumped by ${smooth.jumpPx} pixels`);
  assert.ok(raw.jumpPx > JUMP_PX_MAX, 'it does jump without interpolation');
});

browserTest('the latency lab shows the effect of prediction', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open(`?room=lab&play&name=Ada&${NETWORK}&lab&graph`);
  await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await tab.page.getByText('Ghost').click();
  await tab.page.keyboard.down('KeyW');
  const away = await tab.until('leaves its ghost behind', ({ own, ghost }) => (
    own !== null && ghost !== null && Math.hypot(own.x - ghost.x, own.y - ghost.y) > 40
  ));
  assert.ok(away.own?.isThrusting);
  await tab.assertFits();
  await tab.screenshot('desktop-lab');
  await tab.page.getByText('Prediction').click();
  await tab.until('flies where its ghost is', ({ own, ghost }) => (
    own !== null && ghost !== null && Math.hypot(own.x - ghost.x, own.y - ghost.y) < 1
  ));
});
