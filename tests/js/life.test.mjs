// @ts-check
// What a player sees, hears and feels during and after a life.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeathCamera, REACH_UNITS } from '../../web/demo/death_camera.js';
import { LifeSummary } from '../../web/demo/life_summary.js';
import { Sound } from '../../web/demo/sound.js';
import { Vibration } from '../../web/demo/vibration.js';

const OTHER = { isOwn: false, kills: 9 };

/** @param {string} phase @param {number} kills @param {object} [more] */
function scene(phase, kills, more = {}) {
  const own = phase === 'playing' ? {} : null;
  return /** @type {any} */ ({ phase, own, players: [OTHER, { isOwn: true, kills }], newShipText: '', ...more });
}

test('the summary counts the time and the kills of the last life only', () => {
  const summary = new LifeSummary();
  assert.equal(summary.update(scene('playing', 4), 1_000), '');
  assert.equal(summary.update(scene('playing', 5), 30_000), '');
  assert.equal(summary.update(scene('dead', 5), 66_000), '1:05 alive · 1 kill · rank 2 of 2');
  assert.equal(summary.update(scene('dead', 6), 67_000), '1:05 alive · 2 kills · rank 2 of 2', 'a late shot still counts');
  assert.equal(summary.update(scene('playing', 6), 68_000), '');
  assert.equal(summary.update(scene('dead', 6), 70_000), '0:02 alive · 0 kills · rank 2 of 2');
});

test('a life survives a lost connection, but not a new ship or another game', () => {
  const summary = new LifeSummary();
  summary.update(scene('playing', 0), 0);
  summary.update(scene('reconnecting', 0), 5_000);
  summary.update(scene('playing', 0), 6_000);
  assert.match(summary.update(scene('dead', 0), 9_000), /^0:09/);
  for (const newLife of [scene('menu', 0), scene('playing', 0, { newShipText: 'The server was restarted.' })]) {
    summary.update(newLife, 10_000);
    summary.update(scene('playing', 0), 10_000);
    assert.match(summary.update(scene('dead', 0), 12_000), /^0:02/);
  }
});

test('there is no summary of a life that was not seen', () => {
  assert.equal(new LifeSummary().update(scene('dead', 3), 0), '');
});

const PLACE = { x: 500, y: 500 };
const killed = (/** @type {number} */ x) => (
  /** @type {any} */ ({ phase: 'dead', killer: { player: 7 }, ships: [{ player: 7, x, y: 500 }] })
);

test('the camera moves to the killer, but not beyond what the server sends', () => {
  const camera = new DeathCamera({ isOn: false });
  assert.deepEqual(camera.focus({ phase: 'playing', killer: null, ships: [] }, PLACE, 0), PLACE);
  const half = camera.focus(killed(600), PLACE, 250);
  assert.ok(half.x > 540 && half.x < 600 && half.y === 500, `it is at ${half.x} after 250 ms`);
  const near = camera.focus(killed(600), PLACE, 60_000);
  assert.ok(Math.abs(near.x - 600) < 0.1);
  const far = camera.focus(killed(5_000), PLACE, 120_000);
  assert.ok(Math.abs(far.x - PLACE.x - REACH_UNITS) < 0.1);
  const gone = camera.focus({ ...killed(0), ships: [] }, PLACE, 121_000);
  assert.deepEqual(gone, far, 'it stays if the killer is gone');
  assert.deepEqual(camera.focus({ phase: 'playing', killer: null, ships: [] }, PLACE, 121_100), PLACE);
});

test('the camera stays with reduced motion, after a crash, and at the place of the killer', () => {
  assert.deepEqual(new DeathCamera({ isOn: true }).focus(killed(600), PLACE, 1_000), PLACE);
  assert.deepEqual(new DeathCamera({ isOn: false }).focus({ ...killed(600), killer: null }, PLACE, 1_000), PLACE);
  assert.deepEqual(new DeathCamera({ isOn: false }).focus(killed(500), PLACE, 1_000), PLACE);
});

/** The vibrations of a player whose hull has these values in consecutive frames; `null` if there is no ship. */
function vibrationsOf(/** @type {(number | null)[]} */ hulls, /** @type {boolean} */ isOn) {
  /** @type {unknown[]} */
  const vibrations = [];
  const vibrate = (/** @type {unknown} */ pattern) => vibrations.push(pattern);
  const navigator = { vibrate, userActivation: { hasBeenActive: true } };
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true });
  const vibration = new Vibration(/** @type {any} */ ({ values: { vibration: isOn } }));
  for (const hull of hulls) {
    const state = hull === null ? { own: null, phase: 'dead' } : { own: { hull }, phase: 'playing' };
    vibration.update(/** @type {any} */ (state));
  }
  return vibrations;
}

test('the device vibrates on a hit and on the loss of the ship, if the player has turned this on', () => {
  const hulls = [1, 1, 0.8, 0.9, 0.1, null, null, 1, 1];
  assert.deepEqual(vibrationsOf(hulls, true), [35, 35, [90, 40, 180]]);
  assert.deepEqual(vibrationsOf(hulls, false), []);
});

test('a kill, a streak and a low hull have sounds of their own', () => {
  const sound = new Sound(/** @type {any} */ ({ values: { sound: true } }));
  let played = 0;
  sound.play = () => { played += 1; };
  const playsAfter = (/** @type {() => void} */ act) => {
    played = 0;
    act();
    return played;
  };
  const kills = (/** @type {number} */ count, player = 1) => (
    () => sound.playKills(/** @type {any} */ ({ players: [{ isOwn: true, player, kills: count, streak: count }] }), PLACE)
  );
  assert.deepEqual([4, 4, 5, 5].map((count) => playsAfter(kills(count))), [0, 0, 1, 0]);
  assert.equal(playsAfter(kills(9, 2)), 0, 'another player had other kills');

  const hit = (/** @type {number} */ hull) => () => sound.playHits(/** @type {any} */ ({ own: { x: 0, y: 0, hull } }));
  assert.deepEqual([1, 0.5, 0.3, 0.2].map((hull) => playsAfter(hit(hull))), [0, 1, 2, 1], 'the alarm sounds once');
});
