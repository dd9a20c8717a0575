// @ts-check
// Measures how long the page takes until the menu is shown: `loading.py` runs this at the client's end of a long line.
//
//   node benches/lossy/loading.mjs URL RUNS LOCALE        prints JSON
//
// In each run, a browser with an empty profile loads the page, and a second browser with the same profile loads it again. The
// second browser also opens new connections, as a player's browser does on the next day.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launchWithProfile } from '../../tests/browser/chromium.mjs';

const [url, runs, locale] = process.argv.slice(2);

/** @type {Record<string, number[]>} */
const measured = { cold: [], warm: [] };
for (let run = 0; run < Number(runs); run += 1) {
  const profile = mkdtempSync(join(tmpdir(), 'tickcast-loading-'));
  try {
    for (const name of Object.keys(measured)) measured[name].push(await load(profile));
  } finally {
    rmSync(profile, { recursive: true });
  }
}
console.log(JSON.stringify(measured));

/** @param {string} profile @returns {Promise<number>} milliseconds from the start of the navigation until the menu is shown */
async function load(profile) {
  const context = await launchWithProfile(profile, { locale, viewport: { width: 1280, height: 720 } });
  try {
    const page = context.pages()[0] ?? await context.newPage();
    await page.goto(url, { waitUntil: 'commit' });
    return await page.evaluate(async () => {
      while (!document.getElementById('menu')?.checkVisibility()) await new Promise(requestAnimationFrame);
      return performance.now();
    });
  } finally {
    await context.close();
  }
}
