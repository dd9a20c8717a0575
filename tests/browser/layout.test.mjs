// @ts-check
// Compares the bounding boxes of the parts of the page in windows of many sizes. The test resizes a single page. Meanwhile,
// the page's animation frames are stopped, because each frame would reset the phase of the game that the test has set.
import assert from 'node:assert/strict';
import { LANGUAGES, chooseLanguage, joined, text } from '../../web/demo/texts.js';
import { SCREENS, browserTest } from './fixture.mjs';

const FULL_BOARD = ['--drones', '12', '--seed', '11'];
const LONG_ROOM = 'A-ROOM-WITH-THE-LONGEST-NAME-MMM';
const LONG_NAME = 'WWWWWWWWWWWWWWWW';

/** Sizes of windows in CSS pixels. 640 × 360 is a window of 1280 × 720 at a zoom of 200 %. */
const WINDOWS = [[320, 568], [390, 844], [640, 360], [844, 390], [820, 1180], [1180, 820], [1280, 720], [1920, 1080]];
/** Windows in which the toolbar is a menu. */
/** Minimum width of a label in pixels. Characters without a font take only about six pixels each. */
const LABEL_PX_MIN = 8;
const SMALL_WINDOWS = WINDOWS.filter((size) => Math.min(...size) < 520);
/** Half the side of a square around the center of the window, in CSS pixels. The local ship is drawn in this square. */
const SHIP_PX = 24;

/** The parts that are visible during play. */
const PARTS = ['.status', '#feed', '#toolbar', '#board', '#vitals', '#minimap', '#hint-play', '#watch', '#stick-left',
  '#stick-right', '#netgraph', '#lab', '#notice', '#instant-replay', '#replay', '#ask-sound', '#choice', '#podium'];
const PHASES = ['playing', 'dead', 'spectating'];
/** The phases in which an instant replay can be shown. */
const INSTANT_REPLAY_PHASES = ['playing', 'dead'];
const PANELS = ['#netgraph', '#lab'];

/** @typedef {{part: string, left: number, top: number, right: number, bottom: number}} Box */
/** @typedef {import('./tab.mjs').Tab} Tab */

for (const language of Object.keys(LANGUAGES)) {
  const name = `the parts of the page fit into every window, and none overlap: ${language}`;
  browserTest(name, FULL_BOARD, (fixture) => checkLayouts(fixture, language));
}

/**
 * @param {import('./fixture.mjs').Fixture} fixture
 * @param {string} language
 */
async function checkLayouts(fixture, language) {
  await chooseLanguage([language]);
  const screen = { ...SCREENS.desktop, locale: language };
  const tab = await fixture.open(`?play&room=${LONG_ROOM}&name=${LONG_NAME}`, screen);
  assert.equal(await tab.page.locator('html').getAttribute('lang'), language);
  await tab.until('has a full leaderboard', ({ phase, players }) => phase === 'playing' && players.length > 8);
  await tab.page.locator('#board li:nth-child(8)').waitFor();
  await tab.stopFrames();
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
  await tab.resumeFrames();
  assert.equal(defects.join('\n'), '');
}

/** Texts of usual length in the chosen language. */
function texts() {
  return {
    title: text('notice.destroyedBy', { name: 'Ada Lovelace' }),
    text: text('notice.respawn', { seconds: 2.4 }),
    life: [
      text('notice.survived', { time: '12:34' }), text('hud.kills', { count: 12 }), text('notice.rank', { rank: 12, count: 32 }),
    ].join(' · '),
    best: text('notice.rankedBest', { score: 123_456, rank: 1_234 }),
    event: text('feed.kill', { killer: 'Ada Lovelace', victim: 'Grace Hopper' }),
    link: text('link.roundTrip', { ms: 123 }),
    count: joined(text('hud.players', { count: 100 }), text('hud.drones', { count: 16 })),
    upgrades: ['upgrade.fireRate', 'upgrade.speed', 'upgrade.hull', 'upgrade.spread'].map((key) => text(key))
      .sort((a, b) => b.length - a.length).slice(0, 3),
    level: text('hud.level', { level: 12 }),
    round: text('podium.own', { score: 12_345, rank: 12, count: 100 }),
    record: text('notice.newBest', { score: 12_345 }),
    kills: joined(text('hud.kills', { count: 123 }), text('hud.deaths', { count: 123 }), text('hud.streak', { count: 12 })),
  };
}

/**
 * Puts the page into each state in turn.
 * @param {Tab} tab
 * @returns {Promise<{description: string, boxes: Box[]}[]>} the boxes of the visible parts in each state
 */
function layoutsOf({ page }) {
  return page.evaluate(({ parts, panels, phases, instantReplayPhases, shown }) => {
    const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));
    find('#notice-choices').hidden = true;
    find('#notice-title').textContent = shown.title;
    find('#notice-text').textContent = shown.text;
    find('#notice-life').textContent = shown.life;
    find('#notice-best').textContent = shown.best;
    for (const line of ['#notice-life', '#notice-best']) find(line).hidden = false;
    find('#link-text').textContent = shown.link;
    find('#room-count').textContent = shown.count;
    find('#kills').textContent = shown.kills;
    for (const [index, name] of shown.upgrades.entries()) {
      const button = find(`#choice-${index + 1}`);
      button.hidden = false;
      if (button.lastElementChild) button.lastElementChild.textContent = name;
    }
    find('#level').textContent = shown.level;
    find('#clock').textContent = '59:59';
    find('#podium-places').replaceChildren(...Array.from({ length: 3 }, () => {
      const name = Object.assign(document.createElement('span'), { className: 'name', textContent: 'Grace Hopper the Admiral' });
      const line = document.createElement('li');
      line.append(name, Object.assign(document.createElement('span'), { className: 'points', textContent: '123,456' }));
      return line;
    }));
    find('#podium-own').textContent = shown.round;
    find('#podium-best').textContent = shown.record;
    for (const line of ['#podium-own', '#podium-best', '#clock']) find(line).hidden = false;
    for (const hint of document.querySelectorAll('[data-control]')) hint.toggleAttribute('hidden', false);
    find('#feed').replaceChildren(...Array.from({ length: 6 }, () => {
      return Object.assign(document.createElement('li'), { textContent: shown.event });
    }));
    const layout = (/** @type {string} */ phase, /** @type {string} */ panel, /** @type {boolean} */ touches, replay = '') => {
      document.body.dataset.phase = phase;
      document.body.toggleAttribute('data-replay', replay === 'replay');
      find('#replay').hidden = replay !== 'replay';
      find('#instant-replay').hidden = replay !== 'instant replay';
      find('#ask-sound').hidden = replay !== 'question';
      find('#choice').hidden = replay !== 'choice' && replay !== 'podium';
      find('#podium').hidden = replay !== 'podium';
      document.body.classList.toggle('touches', touches);
      for (const one of panels) find(one).hidden = one !== panel;
      find('#vitals').hidden = phase === 'spectating';
      find('#notice').hidden = phase !== 'dead';
      const visible = parts.filter((part) => find(part).checkVisibility({ visibilityProperty: true }));
      const boxes = visible.map((part) => {
        const { left, top, right, bottom } = find(part).getBoundingClientRect();
        return { part, left, top, right, bottom };
      });
      const description = [phase, panel, touches && 'touch', replay].filter(Boolean).join(' ');
      return { description, boxes };
    };
    const inPhases = phases.flatMap((phase) => ['', ...panels].flatMap((panel) => (
      [false, true].map((touches) => layout(phase, panel, touches))
    )));
    const inInstantReplays = instantReplayPhases.flatMap((phase) => ['', ...panels].flatMap((panel) => (
      [false, true].map((touches) => layout(phase, panel, touches, 'instant replay'))
    )));
    const inQuestions = ['', ...panels].flatMap((panel) => (
      [false, true].map((touches) => layout('playing', panel, touches, 'question'))
    ));
    const inRounds = ['choice', 'podium'].flatMap((part) => ['', ...panels].flatMap((panel) => (
      [false, true].map((touches) => layout('playing', panel, touches, part))
    )));
    const inWatchedRounds = ['', ...panels].map((panel) => layout('spectating', panel, false, 'podium'));
    const inReplays = [false, true].map((touches) => layout('spectating', '', touches, 'replay'));
    layout('playing', '', false);
    return [...inPhases, ...inInstantReplays, ...inQuestions, ...inRounds, ...inWatchedRounds, ...inReplays];
  }, { parts: PARTS, panels: PANELS, phases: PHASES, instantReplayPhases: INSTANT_REPLAY_PHASES, shown: texts() });
}

/**
 * Opens the menu and chooses an entry.
 * @param {Tab} tab
 * @returns {Promise<string[]>} a text for each entry that is cut off or has no label, and one if the menu stays open
 */
function menuDefects({ page }) {
  return page.evaluate((labelPxMin) => {
    const button = (/** @type {string} */ id) => /** @type {HTMLButtonElement} */ (document.getElementById(id));
    button('tool-more').click();
    const entries = [...document.querySelectorAll('#toolbar button')].filter((entry) => entry.checkVisibility());
    const bad = entries.filter((entry) => {
      const { left, top, right, bottom } = entry.getBoundingClientRect();
      const label = entry.querySelector('span')?.getBoundingClientRect();
      return left < 0 || top < 0 || right > innerWidth || bottom > innerHeight || !label || label.width < labelPxMin;
    }).map(({ id }) => `#${id} is cut off or has no label`);
    button('tool-sound').click();
    return button('tool-leave').checkVisibility() ? [...bad, 'stays open after a choice'] : bad;
  }, LABEL_PX_MIN);
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
