// @ts-check
// Plays for a long time, and prints the memory of the page once per minute:
//
//   node tests/browser/soak.mjs [MINUTES] [QUERY]
//
// QUERY is appended to the address of the page: with `wasm`, the page runs the WebAssembly client. The page flies and fires
// among AI ships. At the end, the script fails if there are more listeners or elements than after the first minute, if the heap
// has grown, or if there were errors.

import { launch } from './chromium.mjs';
import { Heap } from './heap.mjs';
import { Server } from './server.mjs';
import { Tab } from './tab.mjs';

const MINUTES = Number(process.argv[2] ?? 30);
const QUERY = process.argv[3] ?? '';
/** The heap contains caches, such as those of rocks' images, which fill slowly up to their limits. */
const GROWTH_MAX_BYTES = 4e6;
/** Elements of the page that depend on the state of the game, such as the event feed. */
const NODES_GROWTH_MAX = 60;

const server = await Server.start('--seed', '11');
const browser = await launch();
try {
  const tab = new Tab(await browser.newPage({ viewport: { width: 1280, height: 720 } }));
  await tab.page.goto(`${server.url}/?play&name=Ada&${QUERY}`);
  await tab.until('is playing', ({ phase }) => phase === 'playing');
  const heap = await Heap.of(tab.page);
  await tab.page.keyboard.down('KeyW');
  await tab.page.keyboard.down('Space');
  const measured = [];
  console.log('minute   heap MB   listeners   elements   kills   deaths');
  for (let minute = 0; minute <= MINUTES; minute += 1) {
    if (minute > 0) await flyFor(tab, 60_000);
    const memory = await heap.measure();
    measured.push(memory);
    const own = (await tab.state()).players.find(({ isOwn }) => isOwn);
    const cells = [minute, (memory.bytes / 1e6).toFixed(2), memory.listeners, memory.nodes, own?.kills, own?.deaths];
    console.log(cells.map((cell, at) => String(cell).padStart([6, 9, 11, 10, 7, 8][at])).join(' '));
  }
  const [first, last] = [measured[Math.min(1, MINUTES)], measured[MINUTES]];
  await tab.assertNoErrors();
  const isFlat = last.listeners <= first.listeners && last.nodes - first.nodes <= NODES_GROWTH_MAX
    && last.bytes - first.bytes <= GROWTH_MAX_BYTES;
  if (!isFlat) throw new Error('the page has leaked memory');
} finally {
  await browser.close();
  await server.stop();
}

/** Flies at random. @param {Tab} tab @param {number} ms */
async function flyFor(tab, ms) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    await tab.page.mouse.move(Math.random() * 1280, Math.random() * 720);
    await tab.page.waitForTimeout(500);
  }
}
