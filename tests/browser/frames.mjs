// @ts-check
// Measures frame times in software rendering: of the game, with about 200 entities in view, and of the menu.
//
//   node tests/browser/frames.mjs [SECONDS] [QUERY]
//
// `spent` is the time that the page's own code takes per frame. `interval` is the time from one frame to the next. `CPU` is the
// time that all processes of the browser take, per frame, and as a fraction of a core. Frames are faster in practice, because a
// player's browser does not share its machine with the server. QUERY is added to the query of the page: `quality=0` keeps full
// quality.

import { launch } from './chromium.mjs';
import { Server } from './server.mjs';
import { SCREENS } from './fixture.mjs';

const SECONDS = Number(process.argv[2] ?? 8);
const QUERY = process.argv[3] ?? '';
/** The page starts, and its quality adapts to the machine. */
const WARM_UP_MS = 6000;
/** A full arena that fits into the window. */
const FULL_ARENA = ['--world-size', '1400', '--drones', '64', '--rocks', '44', '--orbs', '110', '--seed', '11'];
const VIEWS = Object.freeze({ menu: '?', playing: '?play&name=Ada&', spectating: '?spectate&' });
const MEASURED = Object.freeze({
  '1280 × 720': SCREENS.desktop,
  '1920 × 1080': { viewport: { width: 1920, height: 1080 }, deviceScaleFactor: 1 },
  phone: SCREENS.phone,
});

const server = await Server.start(...FULL_ARENA);
const browser = await launch();
const session = await browser.newBrowserCDPSession();
try {
  console.log('screen      view       in view resolution   spent ms p50   p95   p99   interval ms p50   p95   p99   frames/s'
    + '   CPU ms/frame   CPU %');
  for (const [screen, options] of Object.entries(MEASURED)) {
    for (const [view, query] of Object.entries(VIEWS)) console.log(row(screen, view, await measure(options, query)));
  }
} finally {
  await browser.close();
  await server.stop();
}

/** CPU time of all processes of the browser, in milliseconds. */
async function cpuMs() {
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  return processInfo.reduce((sum, { cpuTime }) => sum + cpuTime * 1000, 0);
}

/**
 * @param {import('playwright-core').BrowserContextOptions} options
 * @param {string} query
 */
async function measure(options, query) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${server.url}/${query}${QUERY}`);
  await page.waitForTimeout(WARM_UP_MS);
  const fromMs = await cpuMs();
  const measured = await page.evaluate(async (ms) => {
    // @ts-expect-error defined by main.js
    const { frameTimes, state } = window.tickcast;
    const counts = [];
    frameTimes.clear();
    for (const end = performance.now() + ms; performance.now() < end;) {
      await new Promise((resolve) => { setTimeout(resolve, 500); });
      counts.push(Object.values(state().entities).reduce((sum, count) => sum + count, 0));
    }
    const { resolution } = state().quality;
    return { ...frameTimes.summary(), inView: counts.reduce((sum, count) => sum + count, 0) / counts.length, resolution };
  }, SECONDS * 1000);
  const spentCpuMs = await cpuMs() - fromMs;
  await context.close();
  return { ...measured, cpuMs: spentCpuMs };
}

/**
 * @param {string} screen
 * @param {string} view
 * @param {Awaited<ReturnType<typeof measure>>} measured
 */
function row(screen, view, { inView, resolution, spentMs, intervalMs, cpuMs: spentCpuMs }) {
  const rate = 1000 / intervalMs.mean;
  const cells = [
    screen.padEnd(11), view.padEnd(10), inView.toFixed(0).padStart(7), resolution.toFixed(2).padStart(10), ...columns(spentMs, 14),
    ...columns(intervalMs, 17), rate.toFixed(1).padStart(10), (spentCpuMs / SECONDS / rate).toFixed(1).padStart(14),
    (spentCpuMs / SECONDS / 10).toFixed(1).padStart(7),
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
