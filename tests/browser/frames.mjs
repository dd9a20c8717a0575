// @ts-check
// Measures frame times in software rendering, with about 200 entities in view:
//
//   node tests/browser/frames.mjs [SECONDS]
//
// `spent` is the time that the page's own code takes per frame. `interval` is the time from one frame to the next. Frames
// are faster in practice, because a player's browser does not share its machine with the server.

import { launch } from './chromium.mjs';
import { Server } from './server.mjs';
import { SCREENS } from './fixture.mjs';

const SECONDS = Number(process.argv[2] ?? 8);
const WARM_UP_MS = 2500;
/** A full arena that fits into the window. */
const FULL_ARENA = ['--world-size', '1400', '--drones', '64', '--rocks', '44', '--orbs', '110', '--seed', '11'];
const VIEWS = Object.freeze({ playing: '?play&name=Ada', spectating: '?spectate' });

const server = await Server.start(...FULL_ARENA);
const browser = await launch();
try {
  console.log('screen   view      in view   spent ms p50   p95   p99   interval ms p50   p95   p99   frames/s');
  for (const screen of /** @type {const} */ (['desktop', 'phone'])) {
    for (const [view, query] of Object.entries(VIEWS)) console.log(row(screen, view, await measure(screen, query)));
  }
} finally {
  await browser.close();
  await server.stop();
}

/**
 * @param {keyof typeof SCREENS} screen
 * @param {string} query
 */
async function measure(screen, query) {
  const context = await browser.newContext(SCREENS[screen]);
  const page = await context.newPage();
  await page.goto(`${server.url}/${query}`);
  await page.waitForTimeout(WARM_UP_MS);
  const measured = await page.evaluate(async (ms) => {
    // @ts-expect-error defined by main.js
    const { frameTimes, state } = window.tickcast;
    const counts = [];
    frameTimes.clear();
    for (const end = performance.now() + ms; performance.now() < end;) {
      await new Promise((resolve) => { setTimeout(resolve, 500); });
      counts.push(Object.values(state().entities).reduce((sum, count) => sum + count, 0));
    }
    return { ...frameTimes.summary(), inView: counts.reduce((sum, count) => sum + count, 0) / counts.length };
  }, SECONDS * 1000);
  await context.close();
  return measured;
}

/**
 * @param {string} screen
 * @param {string} view
 * @param {Awaited<ReturnType<typeof measure>>} measured
 */
function row(screen, view, { inView, spentMs, intervalMs }) {
  const cells = [
    screen.padEnd(7), view.padEnd(9), inView.toFixed(0).padStart(7), ...columns(spentMs, 15), ...columns(intervalMs, 18),
    (1000 / intervalMs.mean).toFixed(1).padStart(10),
  ];
  return cells.join(' ');
}

/**
 * @param {import('../../web/demo/frame_times.js').Times} times
 * @param {number} width of the first column
 */
function columns({ p50, p95, p99 }, width) {
  return [p50.toFixed(1).padStart(width), p95.toFixed(1).padStart(5), p99.toFixed(1).padStart(5)];
}
