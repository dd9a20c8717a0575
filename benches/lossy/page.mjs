// @ts-check
// Measures how remote ships move in the page, in a real browser: `page.py` runs this at the client's end of a lossy line.
//
//   node benches/lossy/page.mjs URL SECONDS        prints JSON

import { launch } from '../../tests/browser/chromium.mjs';

const [url, seconds] = process.argv.slice(2);
const SCREEN = { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 };
/** Time for the lead and the interpolation delay to settle. */
const WARM_UP_MS = 10_000;

/**
 * Flies in a circle, and measures the jumps of all other ships. A jump is the distance between the drawn position and the
 * position extrapolated from the last two frames, in pixels. Ships close to the border are not measured: they bounce.
 * @param {number} forMs
 */
async function measure(forMs) {
  const BORDER_UNITS = 100;
  /** Jumps in longer frames are not measured: they depend on the machine rather than on the line. */
  const FRAME_MS_MAX = 50;
  const WORLD_UNITS = 4096;
  // @ts-expect-error defined by main.js
  const { state } = window.tickcast;
  /** @type {Map<number, {x: number, y: number, at: number}[]>} */
  let last = new Map();
  /** @type {number[]} */
  const jumps = [];
  /** @type {Record<string, number>} */
  const bars = {};
  const isInside = (/** @type {number} */ place) => place > BORDER_UNITS && place < WORLD_UNITS - BORDER_UNITS;
  const jump = (/** @type {{x: number, y: number, at: number}[]} */ [a, b], /** @type {any} */ ship, /** @type {number} */ at) => {
    const frames = (at - b.at) / (b.at - a.at);
    return Math.hypot(ship.x - b.x - (b.x - a.x) * frames, ship.y - b.y - (b.y - a.y) * frames);
  };
  const start = state().net;
  window.dispatchEvent(new KeyboardEvent('keydown', { code: 'KeyW' }));
  let turned = 0;
  let frames = 0;
  for (const end = performance.now() + forMs; performance.now() < end; frames += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    // Changes the controls about once per second, as a calm player does.
    if (performance.now() - turned > 1000) {
      turned = performance.now();
      const type = frames % 2 === 0 ? 'keydown' : 'keyup';
      window.dispatchEvent(new KeyboardEvent(type, { code: 'KeyA' }));
    }
    const { atMs: at, others, camera } = state();
    const shown = document.getElementById('link')?.dataset.bars ?? 'none';
    bars[shown] = (bars[shown] ?? 0) + 1;
    const next = new Map();
    for (const ship of others) {
      const known = last.get(ship.id) ?? [];
      const isMeasured = known.length === 2 && at - known[1].at < FRAME_MS_MAX && known[1].at - known[0].at > 0;
      if (isMeasured && isInside(ship.x) && isInside(ship.y)) jumps.push(jump(known, ship, at) * camera.scale);
      next.set(ship.id, [...known, { x: ship.x, y: ship.y, at }].slice(-2));
    }
    last = next;
  }
  jumps.sort((a, b) => a - b);
  const quantile = (/** @type {number} */ share) => jumps[Math.min(Math.floor(jumps.length * share), jumps.length - 1)];
  const { net, errors, resyncs } = state();
  return {
    frames,
    samples: jumps.length,
    jumpPx: { p99: quantile(0.99), p999: quantile(0.999), max: quantile(1) },
    corrections: net.corrections - start.corrections,
    lateInputs: net.lateInputs - start.lateInputs,
    reconnects: net.reconnects,
    delayTicks: net.delayTicks,
    leadTicks: net.leadTicks,
    resyncs,
    bars,
    errors,
  };
}

const browser = await launch();
try {
  const context = await browser.newContext(SCREEN);
  const page = await context.newPage();
  await page.goto(`${url}/?room=lossy&play&name=Ada`, { timeout: 60_000 });
  await page.waitForTimeout(WARM_UP_MS);
  console.log(JSON.stringify(await page.evaluate(measure, Number(seconds) * 1000)));
} finally {
  await browser.close();
}
