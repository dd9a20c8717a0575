// @ts-check
import assert from 'node:assert/strict';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

/** Longer than the server's idle timeout. */
const HIDDEN_MS = 12_000;

browserTest('a hidden tab stays connected, and is up to date when shown again', EMPTY_ARENA, async (fixture) => {
  const tab = await fixture.open('?room=hidden');
  await tab.join('Ada');
  const witness = await fixture.open('?room=hidden&spectate');
  await tab.page.keyboard.down('KeyW');
  await witness.until('sees it fly', ({ others: [ship] }) => ship?.isThrusting);

  await hide(tab.page);
  await witness.until('sees it stop thrusting', ({ others: [ship] }) => !ship?.isThrusting);
  await tab.page.keyboard.up('KeyW');
  await new Promise((resolve) => { setTimeout(resolve, HIDDEN_MS); });
  assert.equal((await witness.state()).others.length, 1, 'its ship is still there');
  await show(tab.page);

  const [{ tick, phase, own }, { tick: newest }] = [await tab.state(), await witness.state()];
  assert.equal(phase, 'playing');
  assert.ok(own);
  assert.ok(tick !== null && newest !== null && newest - tick < 15, `${newest} is the newest tick, ${tick} is shown`);
});

/**
 * Emulates a hidden tab, because headless Chromium cannot hide tabs: `document.hidden` is true, and the callbacks of
 * animation frames and intervals are not called. Real browsers only throttle intervals, so this emulation is stricter.
 * @param {import('playwright-core').Page} page
 */
function hide(page) {
  return page.evaluate(() => {
    const { requestAnimationFrame: frame, setInterval: repeat } = window;
    const waiting = /** @type {FrameRequestCallback[]} */ ([]);
    for (let id = repeat(() => {}, 1e9); id > 0; id -= 1) window.clearInterval(id);
    window.requestAnimationFrame = (callback) => waiting.push(callback);
    const setHidden = (/** @type {boolean} */ isHidden) => {
      Object.defineProperty(document, 'hidden', { value: isHidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    };
    setHidden(true);
    Object.assign(window, {
      comeBack: () => {
        window.requestAnimationFrame = frame;
        setHidden(false);
        for (const callback of waiting) frame(callback);
      },
    });
  });
}

/** @param {import('playwright-core').Page} page */
function show(page) {
  // @ts-expect-error defined by hide()
  return page.evaluate(() => window.comeBack());
}
