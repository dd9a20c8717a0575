// @ts-check
// The players in the room, best first, and the names of players who have left.

/**
 * Maximum number of remembered players. Players are remembered because feed entries may refer to players who have left. When
 * the maximum is exceeded, all players are forgotten.
 */
const REMEMBERED_MAX = 512;

/**
 * @typedef {import('../scene.js').PlayerRef} PlayerRef
 * @typedef {import('../scene.js').PlayerView} PlayerView
 */

/** The players in the room. */
export class Roster {
  constructor() {
    /** @type {number | null} */
    this.localPlayer = null;
    /** @type {PlayerView[]} best first */
    this.ranked = [];
    /** @type {Map<number, PlayerView>} */
    this.players = new Map();
    /** @type {Map<number, PlayerRef>} current and past players */
    this.remembered = new Map();
  }

  /**
   * Updates the roster from the replica.
   * @param {import('../../netcode/replica.js').Replica} replica
   */
  update(replica) {
    const views = [...replica.players].map(([player, { name, kind, standing }]) => (
      { ...this.add(player, name, kind === 'ai'), ...standing }
    ));
    this.ranked = views.sort((a, b) => b.score - a.score || b.kills - a.kills || a.player - b.player);
    this.players = new Map(views.map((view) => [view.player, view]));
  }

  /**
   * Remembers a player.
   * @param {number} player
   * @param {string} name
   * @param {boolean} isAi
   * @returns {PlayerRef}
   */
  add(player, name, isAi) {
    if (this.remembered.size > REMEMBERED_MAX) this.remembered.clear();
    const ref = { player, name: name || `Player ${player}`, isOwn: player === this.localPlayer, isAi };
    this.remembered.set(player, ref);
    return ref;
  }

  /**
   * Returns the player with an id, even if the player has left.
   * @param {number} player
   * @returns {PlayerRef}
   */
  find(player) {
    return this.remembered.get(player) ?? this.add(player, '', false);
  }
}
