// @ts-check
// Compares the bounding boxes of the parts of the page in windows of many sizes. The test resizes a single page. Meanwhile,
// the page's animation frames are stopped, because each frame would reset the phase of the game that the test has set.
import assert from 'node:assert/strict';
import { browserTest } from './fixture.mjs';

const FULL_BOARD = ['--drones', '12', '--seed', '11'];
const LONG_ROOM = 'A-ROOM-WITH-THE-LONGEST-NAME-MMM';
const LONG_NAME = 'WWWWWWWWWWWWWWWW';

/** Sizes of windows in CSS pixels. 640 × 360 is a window of 1280 × 720 at a zoom of 200 %. */
const WINDOWS = [[320, 568], [390, 844], [640, 360], [844, 390], [820, 1180], [1180, 820], [1280, 720], [1920, 1080]];
/** Windows in which the toolbar is a menu. */
const SMALL_WINDOWS = WINDOWS.filter((size) => Math.min(...size) < 520);
/** Half the side of a square around the center of the window, in CSS pixels. The local ship is drawn in this square. */
const SHIP_PX = 24;

/** The parts that are visible during play. */
const PARTS = ['.status', '#feed', '#toolbar', '#board', '#vitals', '#minimap', '#hint-play', '#watch', '#stick-left',
  '#stick-right', '#netgraph', '#lab', '#notice'];
const PHASES = ['playing', 'dead', 'spectating'];
const PANELS = ['#netgraph', '#lab'];

/** @typedef {{part: string, left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {import('./tab.mjs').Tab} Tab */

browserTest('the parts of the page fit into every window, and none overlap', FULL_BOARD, async (fixture) => {
  const tab = await fixture.open(`?play&room=${LONG_ROOM}&name=${LONG_NAME}`);
  await tab.until('has a full leaderboard', ({ phase, players }) => phase === 'playing' && players.length > 8);
  await tab.page.locator('#board li:nth-child(8)').waitFor();
  await stopFrames(tab);
  /** @type {string[]} */
  const defects = [];
  for (const [width, height] of WINDOWS) {
    await tab.page.setViewportSize({ width, height });
    for (const { description, boxes } of await layoutsOf(tab)) {
      defects.push(...defectsOf(boxes, width, height).map((defect) => `${width} × ${height}, ${description}: ${defect}`));
    }
  }
  for (const [width, height] of SMALL_WINDOWS) {
    await tab.page.setViewportSize({ width, height });
    defects.push(...(await menuDefects(tab)).map((defect) => `${width} × ${height}, menu: ${defect}`));
  }
  await resumeFrames(tab);
  assert.equal(defects.join('\n'), '');
});

/** Stops the animation frames of a tab, because each frame would reset the phase. @param {Tab} tab */
async function stopFrames({ page }) {
  await page.evaluate(() => new Promise((resolve) => {
    const requestFrame = window.requestAnimationFrame;
    window.requestAnimationFrame = (frame) => {
      Object.assign(window, { resumeFrames: () => { window.requestAnimationFrame = requestFrame; requestFrame(frame); } });
      resolve(undefined);
      return 0;
    };
  }));
}

/** @param {Tab} tab */
async function resumeFrames({ page }) {
  // @ts-expect-error set by `stopFrames`
  await page.evaluate(() => window.resumeFrames());
}

/**
 * Puts the page into each state in turn.
 * @param {Tab} tab
 * @returns {Promise<{description: string, boxes: Box[]}[]>} the boxes of the visible parts in each state
 */
function layoutsOf({ page }) {
  return page.evaluate(({ parts, panels, phases }) => {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
    find('#notice-choices').hidden = true;
    find('#notice-title').textContent = 'Destroyed by Ada Lovelace';
    find('#notice-text').textContent = 'Respawning in 2.4 s';
    find('#feed').replaceChildren(...Array.from({ length: 6 }, () => {
      return Object.assign(document.createElement('li'), { textContent: 'Ada Lovelace destroyed Grace Hopper' });
    }));
    const layout = (/** @type {string} */ phase, /** @type {string} */ panel, /** @type {boolean} */ touches) => {
      document.body.dataset.phase = phase;
      document.body.classList.toggle('touches', touches);
      for (const one of panels) find(one).hidden = one !== panel;
      find('#vitals').hidden = phase === 'spectating';
      find('#notice').hidden = phase !== 'dead';
      const visible = parts.filter((part) => find(part).checkVisibility({ visibilityProperty: true }));
      const boxes = visible.map((part) => {
        const { left, top, right, bottom } = find(part).getBoundingClientRect();
        return { part, left, top, right, bottom };
      });
      return { description: [phase, panel, touches && 'touch'].filter(Boolean).join(' '), boxes };
    };
    return phases.flatMap((phase) => ['', ...panels].flatMap((panel) => (
      [false, true].map((touches) => layout(phase, panel, touches))
    )));
  }, { parts: PARTS, panels: PANELS, phases: PHASES });
}

/**
 * Opens the menu and chooses an entry.
 * @param {Tab} tab
 * @returns {Promise<string[]>} a text for each entry that is cut off or has no label, and one if the menu stays open
 */
function menuDefects({ page }) {
  return page.evaluate(() => {
    const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (document.getElementById(id));
    button('tool-more').click();
    const entries = [...document.querySelectorAll('#toolbar button')].filter((entry) => entry.checkVisibility());
    const bad = entries.filter((entry) => {
      const { left, top, right, bottom } = entry.getBoundingClientRect();
      const label = entry.querySelector('span')?.getBoundingClientRect();
      return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || !label || label.width < 20;
    }).map(({ id }) => `#${id} is cut off or has no label`);
    button('tool-sound').click();
    return button('tool-leave').checkVisibility() ? [...bad, 'stays open after a choice'] : bad;
  });
}

/**
 * @param {Box[]} boxes
 * @param {number} width of the window
 * @param {number} height
 * @returns {string[]}
 */
function defectsOf(boxes, width, height) {
  const outside = boxes.filter(({ left, top, right, bottom }) => left < 0 || top < 0 || right > width || bottom > height);
  const overlaps = boxes.flatMap((one, at) => boxes.slice(at + 1).filter((other) => overlap(one, other))
    .map((other) => `${one.part} overlaps ${other.part}`));
  const ship = {
    part: 'ship', left: width / 2 - SHIP_PX, right: width / 2 + SHIP_PX, top: height / 2 - SHIP_PX, bottom: height / 2 + SHIP_PX,
  };
  const covering = boxes.filter((box) => box.part !== '#notice' && box.part !== '#watch' && overlap(box, ship));
  return [...outside.map(({ part }) => `${part} is cut off`), ...overlaps, ...covering.map(({ part }) => `${part} hides the ship`)];
}

/** @param {Box} a @param {Box} b */
function overlap(a, b) {
  return a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
}
