// @ts-check
// The page as an installed app.
import assert from 'node:assert/strict';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

browserTest('the page has a valid manifest, whose icons have the given sizes', EMPTY_ARENA, async (fixture) => {
  const { page } = await fixture.open();
  const session = await page.context().newCDPSession(page);
  const { errors, data } = await session.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const { icons, start_url: start } = JSON.parse(data ?? '');
  assert.equal((await page.request.get(new URL(start, fixture.server.url).href)).status(), 200);
  assert.ok(icons.length > 0);
  for (const { src, sizes, type } of icons) {
    const response = await page.request.get(new URL(src, fixture.server.url).href);
    assert.equal(response.headers()['content-type'], type, src);
    // The first chunk of a PNG file contains width and height.
    const png = await response.body();
    assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, sizes, src);
  }
});

browserTest('without a connection, the app shows a page in the language of the player', EMPTY_ARENA, async (fixture) => {
  const proxy = await fixture.startProxy();
  const tab = await fixture.open('?room=far', { ...SCREENS.phone, locale: 'de-DE' }, proxy.url);
  await tab.page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    while (!await caches.match('/offline')) await new Promise(requestAnimationFrame);
  });
  tab.expectError(/ERR_/);
  proxy.disconnect();
  await tab.page.reload();
  await tab.page.getByRole('heading', { name: 'Keine Verbindung zum Server' }).waitFor();
  assert.equal(await tab.page.locator('html').getAttribute('lang'), 'de');
  await tab.screenshot('phone-offline');
  proxy.connectTo(fixture.server.url);
  await tab.page.getByRole('link', { name: 'Erneut versuchen' }).click();
  await tab.page.getByText('Du kommst in den Raum far.').waitFor();
});
