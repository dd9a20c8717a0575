// @ts-check
// How much the page loads. `benches/lossy/loading.py` measures how long this takes on a slow line.
import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

const BYTES_MAX = 130_000;
/** Languages with their own file, and the beginning of its name. */
const LANGUAGES = Object.freeze({ 'en-US': null, 'de-DE': 'de-', 'zh-TW': 'zh_hant-' });

/**
 * Requests of the page that the HTTP cache did not answer alone, with the transferred bytes.
 * @param {import('./tab.mjs').Tab} tab
 */
async function transfers({ page }) {
  await page.locator('#menu').waitFor();
  const all = await page.evaluate(() => {
    const entries = /** @type {PerformanceResourceTiming[]} */ (
      ['navigation', 'resource'].flatMap((type) => performance.getEntriesByType(type))
    );
    return entries.map(({ name, transferSize }) => ({ path: new URL(name).pathname, bytes: transferSize }));
  });
  return all.filter(({ bytes }) => bytes > 0);
}

/**
 * Whether the transferred file is a part of the page. The other transfers are data that the page shows, and the icon. The
 * browser may load the icon at any time.
 * @param {{path: string}} transfer
 */
function isFile({ path }) {
  return !path.startsWith('/api/') && !path.endsWith('.svg');
}

browserTest('the page loads few bytes, in few requests, and only the needed language', EMPTY_ARENA, async (fixture) => {
  for (const [locale, language] of Object.entries(LANGUAGES)) {
    const tab = await fixture.open('', { ...SCREENS.desktop, locale });
    const cold = await transfers(tab);
    const bytes = cold.reduce((sum, transfer) => sum + transfer.bytes, 0);
    assert.ok(bytes <= BYTES_MAX, `${locale}: ${bytes} bytes`);
    const names = cold.filter(isFile).map(({ path }) => path.replace(/-[0-9a-f]{16}\./, '-*.')).sort();
    const expected = ['/', '/packed/index-*.css', '/packed/index-*.js', ...language ? [`/packed/${language}*.js`] : []];
    assert.deepEqual(names, expected.sort(), locale);

    await tab.page.goto(fixture.server.url);
    const warm = (await transfers(tab)).filter(isFile).map(({ path }) => path);
    assert.deepEqual(warm, warm.filter((path) => path === '/'), `${locale}: only the page itself is revalidated`);
    await tab.page.close();
  }
});
