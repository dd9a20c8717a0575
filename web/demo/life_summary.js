// @ts-check
// Summarizes a life of the local player after the loss of the ship: its duration, its kills, and the rank in the room.

import { clockText } from './replay/time.js';
import { text } from './texts.js';

/** The life of the local player's ship. */
export class LifeSummary {
  constructor() {
    /**
     * `endMs` is when the ship was destroyed; `null` while it exists. `before` are the kills before this life, `kills` those of
     * the last frame.
     * @type {{startMs: number, endMs: number | null, before: number, kills: number} | null}
     */
    this.life = null;
  }

  /**
   * Follows the life of the local player's ship.
   * @param {Pick<import('./scene.js').Scene, 'phase' | 'own' | 'players' | 'newShipText'>} scene
   * @param {number} nowMs
   * @returns {string} the summary while the player is dead; otherwise empty
   */
  update({ phase, own, players, newShipText }, nowMs) {
    const rank = players.findIndex(({ isOwn }) => isOwn) + 1;
    const kills = players[rank - 1]?.kills ?? 0;
    const isLeft = phase === 'menu' || phase === 'connecting' || phase === 'closed';
    if (isLeft || newShipText || (this.life?.endMs != null && own)) this.life = null;
    if (own) this.life ??= { startMs: nowMs, endMs: null, before: kills, kills };
    if (this.life) {
      // The end of a round resets the kills.
      if (kills < this.life.kills) this.life.before -= this.life.kills;
      this.life.kills = kills;
    }
    if (phase !== 'dead' || this.life === null || rank === 0) return '';
    this.life.endMs ??= nowMs;
    const { startMs, endMs } = this.life;
    return [
      text('notice.survived', { time: clockText((endMs - startMs) / 1000) }),
      text('hud.kills', { count: Math.max(kills - this.life.before, 0) }),
      text('notice.rank', { rank, count: players.length }),
    ].join(' · ');
  }
}
