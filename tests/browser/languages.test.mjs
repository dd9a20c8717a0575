// @ts-check
// The page in other languages: each part is opened, and no text is cut off.
import assert from 'node:assert/strict';
import { chooseLanguage, text } from '../../web/demo/texts.js';
import { SCREENS, browserTest } from './fixture.mjs';

const ARENA = ['--drones', '6', '--seed', '11'];

/** Panels and dialogs, with the keys that open and close them. */
const PARTS = Object.freeze([
  { id: 'help', open: 'KeyH', close: 'Escape' },
  { id: 'options', open: 'KeyO', close: 'Escape' },
  { id: 'game-menu', open: 'Escape', close: 'Escape' },
  { id: 'lab', open: 'KeyL', close: 'KeyL' },
  { id: 'netgraph', open: 'F3', close: 'F3' },
]);

const CASES = /** @type {const} */ ([['de', 'phone'], ['es', 'landscape'], ['ja', 'desktop'], ['zh-Hant-TW', 'phone']]);

for (const [locale, screen] of CASES) {
  browserTest(`no text is cut off: ${locale}, ${screen}`, ARENA, async (fixture) => {
    const tag = await chooseLanguage([locale]);
    const tab = await fixture.open('', { ...SCREENS[screen], locale });
    const { page } = tab;
    await page.getByLabel(text('menu.name'), { exact: true }).fill('Ada');
    assert.equal(await page.locator('html').getAttribute('lang'), tag);
    await page.getByRole('button', { name: text('create.open') }).click();
    await checkTexts(tab, '#menu', `${tag}-menu`);
    await page.getByRole('button', { name: text('menu.play'), exact: true }).click();
    await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
    await checkTexts(tab, '#hud', `${tag}-playing`);
    for (const { id, open, close } of PARTS) {
      await page.keyboard.press(open);
      await page.locator(`#${id}`).waitFor();
      await checkTexts(tab, `#${id}`, `${tag}-${id}`);
      await page.keyboard.press(close);
      await page.locator(`#${id}`).waitFor({ state: 'hidden' });
    }
  });
}

browserTest('the language in the address is preferred to that of the browser', ARENA, async (fixture) => {
  const tab = await fixture.open('?lang=de', { ...SCREENS.desktop, locale: 'ja' });
  await tab.page.getByRole('button', { name: 'Spielen', exact: true }).waitFor();
});

/**
 * Saves a screenshot, and asserts that no text within a part of the page is wider than its box.
 * @param {import('./tab.mjs').Tab} tab
 * @param {string} selector
 * @param {string} screenshot
 */
async function checkTexts(tab, selector, screenshot) {
  await tab.screenshot(`language-${screenshot}`);
  const cut = await tab.page.locator(selector).evaluate((part) => {
    /** Texts of players and of the server are shortened on purpose. */
    const shortened = '.name, .about, #rooms b, .status, #watching';
    const texts = part.querySelectorAll('button, h2, label:not(:has(input, select)), label span, small, p, th, td, dt, option, em');
    const visible = [...texts].filter((one) => one.checkVisibility() && !one.matches(shortened) && !one.closest(shortened));
    const isCut = (/** @type {Element} */ one) => {
      const { left, right } = one.getBoundingClientRect();
      const isOverfull = one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline';
      return isOverfull || left < -1 || right > innerWidth + 1;
    };
    return visible.filter(isCut).map((one) => `${one.tagName} ${one.textContent?.trim()}`);
  });
  assert.deepEqual(cut, [], screenshot);
}
