// @ts-check
// The rounds of a match: the time until the end of the current one, and the podium of the last one.

import { Rules, applyStandingChanges } from '../../netcode/index.js';

/** Time for which the podium is shown. For as long, the server protects ships that do not fire. */
const PODIUM_MS = 6000;

/**
 * @typedef {import('../../netcode/index.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('../scene.js').PlayerView} PlayerView
 * @typedef {import('../scene.js').PodiumView} PodiumView
 * @typedef {import('./roster.js').Roster} Roster
 */

/** The rounds of a match. */
export class Rounds {
  constructor() {
    /** @type {{view: PodiumView, untilMs: number} | null} */
    this.podium = null;
  }

  /** Forgets the podium of another connection. */
  reset() {
    this.podium = null;
  }

  /**
   * Notes the end of a round.
   * @param {SnapshotEffects} effects
   * @param {Roster} roster the players and their standings before the snapshot
   * @param {number} nowMs
   */
  handleSnapshot(effects, roster, nowMs) {
    for (const event of effects.events) {
      if (event.kind !== 'roundEnded') continue;
      /** @type {import('../../netcode/game_event.js').RoundEnded} */
      const { places: best } = event;
      const places = best.map(({ player, score }) => ({ player: roster.find(player), score }));
      this.podium = { view: { places, own: ownResult(effects, roster) }, untilMs: nowMs + PODIUM_MS };
    }
  }

  /** The podium while it is shown. @param {number} nowMs @returns {PodiumView | null} */
  podiumAt(nowMs) {
    return this.podium && nowMs < this.podium.untilMs ? this.podium.view : null;
  }
}

/**
 * The time until the end of the round.
 * @param {import('../../netcode/index.js').Welcome | null} welcome
 * @param {number | null} tick
 * @returns {number | null} `null` if it is unknown, or if rounds do not end
 */
export function roundLeftS(welcome, tick) {
  const ticks = welcome && tick !== null ? Rules.ticksToRoundEnd(welcome.rules, tick) : null;
  return welcome && ticks !== null ? ticks / welcome.rules.tickRate : null;
}

/**
 * The result of the local player in the round that a snapshot ends.
 * @param {SnapshotEffects} effects
 * @param {Roster} roster
 * @returns {PodiumView['own']} `null` for a spectator
 */
function ownResult({ room }, roster) {
  const end = room.findIndex((event) => event.kind === 'game' && event.event.kind === 'roundEnded');
  const players = new Map(roster.ranked.map((view) => [view.player, { player: view.player, standing: view }]));
  for (const event of room.slice(0, end)) {
    if (event.kind === 'game') applyStandingChanges(/** @type {any} */ (players), event.event);
    const player = event.kind === 'standing' ? players.get(event.player) : undefined;
    if (event.kind === 'standing' && player) Object.assign(player, { standing: event.standing });
  }
  const own = players.get(roster.localPlayer ?? -1);
  if (!own) return null;
  const { score } = own.standing;
  const rank = [...players.values()].filter(({ standing }) => standing.score > score).length + 1;
  return { score, rank, count: players.size };
}
