// @ts-check
// Rounds and upgrades on the page.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rules, offerOf } from '../../web/netcode/index.js';
import { LifeSummary } from '../../web/demo/life_summary.js';
import { PersonalBest } from '../../web/demo/personal_best.js';
import { Roster } from '../../web/demo/session/roster.js';
import { Rounds, roundLeftS } from '../../web/demo/session/rounds.js';

const [ADA, EVE] = [3, 260];
const standing = (/** @type {number} */ score) => ({ score, kills: 1, deaths: 0, streak: 1 });
const game = (/** @type {any} */ event) => ({ kind: 'game', event });
const ROUND_ENDED = { kind: 'roundEnded', places: [{ player: EVE, score: 500 }, { player: ADA, score: 340 }] };

/** The players before the end of the round. */
function players() {
  const roster = new Roster();
  roster.localPlayer = ADA;
  const replica = /** @type {any} */ ({
    players: new Map([
      [ADA, { name: 'Ada', kind: 'human', standing: standing(200) }],
      [EVE, { name: 'Eve', kind: 'human', standing: standing(500) }],
      [7, { name: 'Bob', kind: 'ai', standing: standing(300) }],
    ]),
  });
  roster.update(replica);
  return roster;
}

test('the time until the end of a round follows from the tick', () => {
  const rules = { tickRate: 30, worldSize: 1000, roundS: 20 };
  assert.deepEqual([0, 1, 599, 600].map((tick) => Rules.ticksToRoundEnd(rules, tick)), [600, 599, 1, 600]);
  const welcome = /** @type {any} */ ({ rules });
  assert.equal(roundLeftS(welcome, 630), 19);
  assert.equal(roundLeftS(welcome, null), null);
  assert.equal(roundLeftS(/** @type {any} */ ({ rules: { ...rules, roundS: 0 } }), 630), null);
});

test('the podium shows the final scores, also those of the last tick', () => {
  const rounds = new Rounds();
  const room = [
    game({ kind: 'destroyed', victim: 7, by: { kind: 'player', player: ADA } }),
    { kind: 'standing', player: ADA, standing: standing(340) },
    game(ROUND_ENDED),
    { kind: 'standing', player: ADA, standing: standing(5) },
  ];
  const effects = /** @type {any} */ ({ events: room.flatMap(({ kind, event }) => (kind === 'game' ? [event] : [])), room });
  rounds.handleSnapshot(effects, players(), 1000);
  const podium = rounds.podiumAt(1000);
  assert.deepEqual(podium?.places.map(({ player, score }) => [player.name, player.isOwn, score]), [
    ['Eve', false, 500], ['Ada', true, 340],
  ]);
  assert.deepEqual(podium?.own, { score: 340, rank: 2, count: 3 });
  assert.equal(rounds.podiumAt(6999), podium);
  assert.equal(rounds.podiumAt(7000), null);
});

test('a spectator has no result', () => {
  const [rounds, roster] = [new Rounds(), players()];
  roster.localPlayer = null;
  rounds.handleSnapshot(/** @type {any} */ ({ events: [ROUND_ENDED], room: [game(ROUND_ENDED)] }), roster, 0);
  assert.equal(rounds.podiumAt(0)?.own, null);
});

test('the podium tells a new personal best, whether or not the server has counted the round', async () => {
  for (const [stored, expected] of /** @type {[number, RegExp][]} */ ([[200, /New/], [340, /New/], [900, /900/]])) {
    const api = /** @type {any} */ ({ isIdentified: true, leaderboard: async () => ({ own: { score: stored, rank: 5 } }) });
    const best = new PersonalBest(api);
    const scene = { podium: { places: [], own: { score: 340, rank: 1, count: 2 } } };
    assert.equal(best.updateRound(scene), '', 'it is not read yet');
    await new Promise((resolve) => { setImmediate(resolve); });
    assert.match(best.updateRound(scene), expected);
    assert.equal(best.updateRound({ podium: null }), '');
  }
});

test('the kills of a life include those before the end of a round', () => {
  const summary = new LifeSummary();
  const scene = (/** @type {string} */ phase, /** @type {number} */ kills) => (
    /** @type {any} */ ({ phase, own: phase === 'playing' ? {} : null, players: [{ isOwn: true, kills }], newShipText: '' })
  );
  for (const kills of [4, 6, 0, 1]) summary.update(scene('playing', kills), 0);
  assert.match(summary.update(scene('dead', 1), 1000), / 3 kills /);
});

test('an offer contains up to three upgrades, beginning at another one after each choice', () => {
  const offer = (/** @type {number} */ orbs, /** @type {number[]} */ levels) => offerOf({ orbs, levels });
  assert.deepEqual(offer(4, [0, 0, 0, 0]), []);
  assert.deepEqual(offer(5, [0, 0, 0, 0]), ['fireRate', 'speed', 'hull']);
  assert.deepEqual(offer(5, [1, 0, 0, 0]), ['speed', 'hull', 'spread']);
  assert.deepEqual(offer(5, [3, 3, 3, 2]), ['spread']);
});
