// @ts-check
// The player's personal best and rank, for the notice after the loss of a ship and for the podium after a round.

import { text } from './texts.js';

/** Reads the personal best when the player's ship is destroyed, and when a round ends. */
export class PersonalBest {
  /** @param {import('./profile_api.js').ProfileApi} api */
  constructor(api) {
    this.api = api;
    this.wasDead = false;
    this.hadPodium = false;
    /** @type {import('./profile_api.js').Place | null | undefined} `null` if there is none, `undefined` if it is unknown */
    this.place = undefined;
  }

  /**
   * Reads the personal best if the player's ship has just been destroyed.
   * @param {Pick<import('./scene.js').Scene, 'phase' | 'players'>} scene
   * @returns {string} the text to show; empty if there is none
   */
  update({ phase, players }) {
    const isDead = phase === 'dead';
    if (isDead && !this.wasDead) void this.read();
    this.wasDead = isDead;
    const score = players.find(({ isOwn }) => isOwn)?.score ?? 0;
    return isDead && this.place !== undefined ? bestText(this.place, score) : '';
  }

  /**
   * Reads the personal best if a round has just ended.
   * @param {Pick<import('./scene.js').Scene, 'podium'>} scene
   * @returns {string} the text to show with the podium; empty if there is none
   */
  updateRound({ podium }) {
    const score = podium?.own?.score ?? null;
    if (score !== null && !this.hadPodium) void this.read();
    this.hadPodium = score !== null;
    if (score === null || this.place === undefined) return '';
    // The server may already have counted the round.
    return score > 0 && score === this.place?.score ? text('notice.newBest', { score }) : bestText(this.place, score);
  }

  /** Reads the personal best. If the request fails, the previous one is kept. */
  async read() {
    try {
      const page = await this.api.leaderboard('all', 1);
      this.place = page && this.api.isIdentified ? page.own ?? null : undefined;
    } catch {
      // The notice is also useful without the personal best.
    }
  }
}

/**
 * @param {import('./profile_api.js').Place | null} place
 * @param {number} score in the current game
 */
function bestText(place, score) {
  if (score > (place?.score ?? 0)) return text('notice.newBest', { score });
  if (!place) return '';
  if (!place.rank) return text('notice.best', { score: place.score });
  return text('notice.rankedBest', { score: place.score, rank: place.rank });
}
