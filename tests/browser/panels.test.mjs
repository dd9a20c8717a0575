// @ts-check
// Examines the menu, the game and every panel in windows of many sizes: their layout, and their accessibility with axe-core. The
// test resizes a single page, whose animation frames are stopped, because each frame would reset what the test shows.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { SCREENS, browserTest } from './fixture.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Sizes of windows in CSS pixels. 640 × 360 is a window of 1280 × 720 at a zoom of 200 %. */
const WINDOWS = [[390, 844], [1280, 720], [320, 568], [640, 360], [844, 390], [820, 1180], [1180, 820], [1920, 1080]];
/** axe-core examines each state in the first windows, and the most important states in all windows. It takes too long for more. */
const FULLY_EXAMINED = process.env.TICKCAST_EVERY_WINDOW === '1' ? WINDOWS.length : 2;
const IMPORTANT = ['menu', 'playing', 'dead'];

const PLAYING = ['#hud', '#vitals'];
const PANELS = 'dialog[open], #menu, #notice, #lab, #netgraph, #toolbar, #ask-sound, #replay, #choice, #podium';
/**
 * What the page shows: the phase, the parts that are not hidden, the open dialog, and whether the toolbar is open.
 * @typedef {{phase: string, shown: string[], dialog?: string, toolbar?: string}} State
 */
/** @type {Readonly<Record<string, State>>} */
const STATES = Object.freeze({
  menu: { phase: 'menu', shown: ['#menu'] },
  'new room': { phase: 'menu', shown: ['#menu', '#create'] },
  playing: { phase: 'playing', shown: PLAYING },
  dead: { phase: 'dead', shown: [...PLAYING, '#notice', '#notice-life', '#notice-best'] },
  spectating: { phase: 'spectating', shown: ['#hud'] },
  disconnected: { phase: 'closed', shown: ['#hud', '#notice', '#notice-choices', '#banner'] },
  'question about sound': { phase: 'playing', shown: [...PLAYING, '#ask-sound'] },
  'instant replay': { phase: 'playing', shown: [...PLAYING, '#instant-replay'] },
  'choice of an upgrade': { phase: 'playing', shown: [...PLAYING, '#choice'] },
  podium: { phase: 'playing', shown: [...PLAYING, '#podium', '#podium-best'] },
  'latency lab': { phase: 'playing', shown: [...PLAYING, '#lab'] },
  'net graph': { phase: 'playing', shown: [...PLAYING, '#netgraph'] },
  replay: { phase: 'spectating', shown: ['#hud', '#replay', '#replay-live'] },
  toolbar: { phase: 'playing', shown: PLAYING, toolbar: 'open' },
  help: { phase: 'playing', shown: PLAYING, dialog: 'help' },
  settings: { phase: 'menu', shown: ['#menu'], dialog: 'options' },
  scores: { phase: 'menu', shown: ['#menu', '#scores-pages', '#scores-confirm'], dialog: 'scores' },
  share: { phase: 'playing', shown: PLAYING, dialog: 'share' },
  'game menu': { phase: 'playing', shown: PLAYING, dialog: 'game-menu' },
});
const TOGGLED = [...new Set(Object.values(STATES).flatMap(({ shown }) => shown))];

browserTest('the menu, the game and every panel fit every window, and are accessible', ['--drones', '12'], async (fixture) => {
  const tab = await fixture.open('', { ...SCREENS.desktop, reducedMotion: 'reduce' });
  await fillPage(fixture, tab);
  await tab.stopFrames();
  await tab.page.evaluate(AXE);
  /** @type {string[]} */
  const defects = [];
  for (const [index, [width, height]] of WINDOWS.entries()) {
    await tab.page.setViewportSize({ width, height });
    for (const [name, state] of Object.entries(STATES)) {
      await show(tab, state);
      const isExamined = index < FULLY_EXAMINED || IMPORTANT.includes(name);
      const found = [...await layoutDefects(tab), ...isExamined ? await accessibilityDefects(tab) : []];
      defects.push(...found.map((defect) => `${width} × ${height}, ${name}: ${defect}`));
    }
  }
  await show(tab, STATES.playing);
  await tab.resumeFrames();
  assert.equal(defects.join('\n'), '');
});

/**
 * Creates rooms, so that the menu lists them, joins a room, and opens each dialog once whose content is not set before the
 * page opens it.
 * @param {import('./fixture.mjs').Fixture} fixture @param {import('./tab.mjs').Tab} tab
 */
async function fillPage(fixture, tab) {
  const { page } = tab;
  for (const name of ['A-ROOM-WITH-THE-LONGEST-NAME-MMM', 'b']) {
    const response = await page.request.post(`${fixture.server.url}/api/rooms`, { data: { name } });
    assert.equal(response.status(), 201);
  }
  await page.locator('#rooms li').nth(1).waitFor();
  await tab.join('Ada Lovelace');
  await tab.until('has a full leaderboard', ({ players }) => players.length > 8);
  await page.getByRole('button', { name: 'Invite' }).click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Room' }).waitFor();
  await page.keyboard.press('Escape');
  await page.evaluate(() => {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
    find('#notice-title').textContent = 'Destroyed by Grace Hopper';
    find('#notice-text').textContent = 'You respawn in 1.4 s';
    find('#notice-life').textContent = '12:34 alive · 12 kills · rank 12 of 32';
    find('#notice-best').textContent = 'Your best: 123,456, rank 1,234';
    find('#notice-choices').append(...['Retry now', 'Another room', 'Leave'].map((label) => (
      Object.assign(document.createElement('button'), { type: 'button', textContent: label })
    )));
    for (const [at, label] of ['Fire rate', 'Speed', 'Hull'].entries()) {
      find(`#choice-${at + 1} span`).textContent = label;
      find(`#choice-${at + 1}`).hidden = false;
    }
    find('#podium-places').replaceChildren(...['Ada Lovelace', 'Grace Hopper', 'W'.repeat(16)].map((label) => {
      const place = document.createElement('li');
      place.innerHTML = `<span class="name">${label}</span><span class="points">123,456</span>`;
      return place;
    }));
    find('#podium-own').textContent = 'You: 123,456 points, place 12 of 32';
    find('#podium-best').textContent = 'Your best round: 123,456, rank 1,234';
    find('#feed').replaceChildren(...Array.from({ length: 6 }, () => (
      Object.assign(document.createElement('li'), { textContent: 'Ada Lovelace destroyed Grace Hopper' })
    )));
  });
}

/**
 * Shows a state.
 * @param {import('./tab.mjs').Tab} tab
 * @param {State} state
 */
async function show({ page }, state) {
  await page.evaluate(({ state: { phase, shown, dialog, toolbar }, toggled }) => {
    for (const open of document.querySelectorAll('dialog')) open.close();
    for (const selector of toggled) document.querySelector(selector)?.toggleAttribute('hidden', !shown.includes(selector));
    document.body.dataset.phase = phase;
    document.body.toggleAttribute('data-replay', shown.includes('#replay'));
    document.querySelector('#toolbar')?.classList.toggle('open', toolbar === 'open');
    const wanted = document.getElementById(dialog ?? '');
    if (wanted instanceof HTMLDialogElement) wanted.showModal();
  }, { state, toggled: TOGGLED });
}

/**
 * Examines the layout of the panels that are shown.
 * @param {import('./tab.mjs').Tab} tab
 * @returns {Promise<string[]>} descriptions of the defects
 */
function layoutDefects({ page }) {
  return page.evaluate((selector) => {
    const isVisible = (/** @type {Element} */ one) => one.checkVisibility({ visibilityProperty: true });
    const nameOf = (/** @type {Element} */ one) => (one.id ? `#${one.id}` : `${one.localName} "${one.textContent?.trim()}"`);
    const panels = [...document.querySelectorAll(selector)]
      .filter(isVisible).filter((panel) => !document.querySelector('dialog[open]') || panel.matches('dialog'));
    return panels.flatMap((panel) => {
      const box = panel.getBoundingClientRect();
      const controls = [...panel.querySelectorAll('button, input, select, a')].filter(isVisible);
      // The menu of the page may be higher than the window: the page scrolls it.
      const isTooHigh = panel.id !== 'menu' && (box.top < 0 || box.bottom > innerHeight);
      const isOutside = box.left < 0 || box.right > innerWidth || isTooHigh;
      const cut = controls.filter((control) => {
        const { left, right } = control.getBoundingClientRect();
        return left < box.left || right > box.right;
      });
      const overlaps = controls.flatMap((one, at) => controls.slice(at + 1).filter((other) => {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        return a.left < b.right - 0.5 && b.left < a.right - 0.5 && a.top < b.bottom - 0.5 && b.top < a.bottom - 0.5;
      }).map((other) => `${nameOf(one)} overlaps ${nameOf(other)}`));
      const columns = ['.small:not(.secondary)', '.secondary'].map((kind) => (
        [...panel.querySelectorAll(`#rooms ${kind}`)].map((button) => Math.round(button.getBoundingClientRect().left))
      ));
      return [
        ...isOutside ? [`${nameOf(panel)} is cut off`] : [],
        ...panel.scrollWidth > panel.clientWidth ? [`${nameOf(panel)} is wider than its box`] : [],
        ...cut.map((control) => `${nameOf(control)} is cut off`),
        ...overlaps,
        ...columns.some((column) => new Set(column).size > 1) ? ['the buttons of the rooms are not aligned'] : [],
      ];
    });
  }, PANELS);
}

/**
 * Examines what is shown with axe-core.
 * @param {import('./tab.mjs').Tab} tab
 * @returns {Promise<string[]>} descriptions of the violations
 */
function accessibilityDefects({ page }) {
  return page.evaluate(async () => {
    // @ts-expect-error defined by axe-core
    const { violations } = await window.axe.run(document, { resultTypes: ['violations'] });
    return violations.flatMap((/** @type {{id: string, nodes: {target: string[]}[]}} */ { id, nodes }) => (
      nodes.map(({ target }) => `${id}: ${target.join(' ')}`)
    ));
  });
}
