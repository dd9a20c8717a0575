// @ts-check
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { SCREENS, browserTest } from './fixture.mjs';
import { PROGRAM } from './server.mjs';

const DUEL = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3'];
const CENTRE = { x: 256, y: 256 };

/** Time for which a bot plays, in seconds. The range of a replay grows in steps of 10 s. */
const PLAYED_S = 13;
const RECORDED_TICKS = 300;
const RECORDED_MS_MAX = 20_000;
const run = promisify(execFile);

const FOLDER = mkdtempSync(join(tmpdir(), 'tickcast-replay-'));
after(() => rmSync(FOLDER, { recursive: true }));
/** A server that stores the match of a room with AI ships. The tests run one after another, and all use the same match. */
const RECORDED = [
  '--data-dir', join(FOLDER, 'data'), '--admin-listen', 'off', '--persistent-rooms', 'duel', '--world-size', '1500',
  '--drones', '5', '--seed', '7',
];

/** @typedef {import('./tab.mjs').Tab} Tab */
/** @typedef {import('./tab.mjs').State} State */

/**
 * Lets one player destroy the other's ship.
 * @param {Tab} hunter
 * @param {Tab} prey
 */
async function duel(hunter, prey) {
  const hasKilled = (/** @type {State} */ { players }) => players.some(({ isOwn, kills }) => isOwn && kills > 0);
  await hunter.page.mouse.down();
  await Promise.all([
    prey.until('is dead', ({ phase }) => phase === 'dead'),
    hunter.until('has a kill', hasKilled, (state) => hunter.aim(state, state.others[0] ?? CENTRE)),
  ]);
  await hunter.page.mouse.up();
}

browserTest('a death is replayed from the view of the killer, without delaying the respawn', DUEL, async (fixture) => {
  const [hunter, prey] = [await fixture.open(), await fixture.open()];
  await hunter.join('Hunter');
  await prey.join('Prey');
  await prey.until('sees its rival', ({ others }) => others.length === 1);
  await duel(hunter, prey);
  const panel = prey.page.getByRole('region', { name: 'Instant replay' });
  await panel.getByText('Hunter’s view').waitFor();
  const early = await prey.until('shows a replay', ({ instantReplay }) => (instantReplay?.progress ?? 0) > 0.05);
  assert.equal(early.instantReplay?.killer, 'Hunter');
  const back = await prey.until('has respawned', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.ok(back.instantReplay, 'the replay continues after the respawn');
  await prey.until('has shown the whole replay', ({ instantReplay }) => instantReplay === null);
  await panel.waitFor({ state: 'hidden' });
});

for (const [screen, how, skip] of /** @type {const} */ ([
  ['phone', 'a tap', (/** @type {Tab} */ tab) => tab.page.touchscreen.tap(200, 600)],
  ['desktop', 'a key', (/** @type {Tab} */ tab) => tab.page.keyboard.press('KeyQ')],
])) {
  browserTest(`${how} skips the instant replay`, DUEL, async (fixture) => {
    const [hunter, prey] = [await fixture.open(), await fixture.open('', SCREENS[screen])];
    await hunter.join('Hunter');
    await prey.join('Prey');
    await prey.until('sees its rival', ({ others }) => others.length === 1);
    await duel(hunter, prey);
    const shown = await prey.until('shows a replay', ({ instantReplay }) => instantReplay !== null);
    // On a slow machine, the ship has already respawned. Then only the button skips the replay.
    await (shown.phase === 'dead' ? skip(prey) : prey.page.getByRole('button', { name: 'Skip' }).click());
    let progress = shown.instantReplay?.progress ?? 1;
    await prey.until('shows no replay', ({ instantReplay }) => instantReplay === null, async ({ instantReplay }) => {
      progress = instantReplay?.progress ?? progress;
    });
    assert.ok(progress < 0.95, `the replay was skipped, and did not end by itself: ${progress}`);
  });
}

/**
 * Ensures that the room's match has a replay. If it has none, lets a bot play in the room. After that, the room does not tick.
 * @param {import('./fixture.mjs').Fixture} fixture
 */
async function record({ server: { url } }) {
  const lastTick = async () => {
    const response = await fetch(`${url}/api/rooms/duel/replay`);
    return response.ok ? (await response.json()).last_tick : 0;
  };
  if (await lastTick() >= RECORDED_TICKS) return;
  const socket = `${url.replace('http', 'ws')}/ws`;
  await run(PROGRAM, ['bots', '--url', socket, '--count', '1', '--room', 'duel', '--settle', '0', '--seconds', `${PLAYED_S}`]);
  const deadline = Date.now() + RECORDED_MS_MAX;
  while (await lastTick() < RECORDED_TICKS) assert.ok(Date.now() < deadline, 'the match is recorded in time');
}

/** The ships, and where they are. @param {State} state */
const shipsOf = ({ others }) => others.map(({ name, x, y, heading, hull }) => ({ name, x, y, heading, hull }));

/** Whether exactly this tick is shown. @param {number} tick */
const isAt = (tick) => (/** @type {State} */ { replay, tick: newest }) => (
  replay?.tick === tick && !replay.isSeeking && newest === tick
);

browserTest('a replay is paused, moved, followed and shared', RECORDED, async (fixture) => {
  await record(fixture);
  const tab = await fixture.open('?replay=duel&tick=60');
  const controls = tab.page.getByRole('region', { name: 'Replay' });
  const slider = controls.getByRole('slider', { name: 'Position in the match' });
  const first = await tab.until('plays', ({ replay, others }) => (replay?.tick ?? 0) > 62 && others.length > 0);
  assert.ok((first.replay?.tick ?? 0) < 200, `it begins at the tick of the link: ${first.replay?.tick}`);

  await tab.page.keyboard.press('Space');
  await tab.until('is paused', ({ replay }) => replay?.isPaused === true);
  await controls.getByRole('button', { name: 'Play', exact: true }).waitFor();
  await slider.fill('150');
  const at150 = await tab.until('is at tick 150', isAt(150));
  assert.ok(shipsOf(at150).length > 0);
  await tab.page.keyboard.press('ArrowRight');
  const at300 = await tab.until('is 5 s later', isAt(300));
  assert.notDeepEqual(shipsOf(at300), shipsOf(at150));
  await tab.page.keyboard.press('ArrowLeft');
  assert.deepEqual(shipsOf(await tab.until('is back', isAt(150))), shipsOf(at150), 'the same tick shows the same world');

  await controls.getByRole('button', { name: 'Share this moment' }).click();
  const link = await tab.page.getByLabel('Link to this moment of the replay').inputValue();
  assert.match(link, /\?replay=[0-9a-f]{32}&tick=150$/);
  await tab.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  await tab.page.getByRole('navigation', { name: 'Spectator camera' }).getByRole('button', { name: 'Next ship' }).click();
  await tab.until('is zoomed in', ({ camera }) => camera.scale > at150.camera.scale * 1.2);
  await tab.page.keyboard.press('Period');
  await tab.page.keyboard.press('Period');
  await controls.getByRole('button', { name: 'Play', exact: true }).click();
  await tab.until('plays on', ({ replay }) => replay?.quarters === 16 && !replay.isPaused && (replay.tick ?? 0) > 200);
  await tab.screenshot('desktop-replay');
  await tab.assertFits();

  await tab.page.goto(link);
  const shared = await tab.until('plays', ({ replay, others }) => replay?.tick != null && others.length > 0);
  assert.ok((shared.replay?.tick ?? 0) >= 150 && (shared.replay?.tick ?? 0) < 300, `it begins at the link: ${shared.replay?.tick}`);
});

browserTest('a replay is moved by touch', RECORDED, async (fixture) => {
  await record(fixture);
  const tab = await fixture.open('?replay=duel&tick=200', SCREENS.phone);
  await tab.until('plays', ({ replay, others }) => replay?.tick != null && others.length > 0);
  const controls = tab.page.getByRole('region', { name: 'Replay' });
  await controls.getByRole('button', { name: 'Pause' }).tap();
  const paused = await tab.until('is paused', ({ replay }) => replay?.isPaused === true);
  const bar = await controls.getByRole('slider').boundingBox();
  assert.ok(bar);
  const placeAt = (/** @type {number} */ fraction) => ({ left: { x: bar.x + bar.width * fraction, y: bar.y + bar.height / 2 } });
  const fingers = await tab.fingers();
  await fingers.down(placeAt(0.6));
  await fingers.move(placeAt(0.1));
  await controls.locator('#replay-tip').waitFor();
  await tab.screenshot('phone-replay');
  await fingers.up();
  const isEarlier = (/** @type {State} */ { replay }) => (
    replay?.isSeeking === false && (replay.tick ?? Infinity) < (paused.replay?.tick ?? 0)
  );
  const moved = await tab.until('has moved', isEarlier);
  assert.equal(moved.replay?.isPaused, true);
  await tab.assertFits();
});

browserTest('the menu leads to a replay, and a replay that does not exist is explained', RECORDED, async (fixture) => {
  await record(fixture);
  const tab = await fixture.open();
  await tab.page.getByRole('button', { name: 'Replay of the room duel' }).click();
  await tab.until('watches a replay', ({ phase, replay, others }) => (
    phase === 'spectating' && replay?.tick != null && others.length > 0
  ));
  assert.match(tab.page.url(), /\?replay=duel$/);
  await tab.page.getByRole('button', { name: 'Live', exact: true }).waitFor();
  await tab.page.getByRole('button', { name: 'Leave' }).click();
  await tab.page.getByLabel('Your name').waitFor();
  assert.doesNotMatch(tab.page.url(), /replay/);

  tab.expectError(/replay/);
  await tab.page.goto(`${fixture.server.url}/?replay=no-such-room`);
  await tab.notice().getByText('No replay').waitFor();
  await tab.notice().getByRole('button', { name: 'Menu' }).click();
  await tab.page.getByLabel('Your name').waitFor();
});
