// @ts-check
// The players in the room, best first.

import { text } from '../texts.js';

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
    /** @type {Map<number, PlayerRef>} the players that entries of the feed may refer to */
    this.refs = new Map();
  }

  /**
   * Updates the roster from the replica.
   * @param {import('../../netcode/replica.js').Replica} replica
   */
  update(replica) {
    const views = [...replica.players].map(([player, { name, kind, standing }]) => (
      { ...this.add(player, name, kind === 'ai'), ...standing, isLeader: false }
    ));
    this.ranked = views.sort((a, b) => b.score - a.score || b.kills - a.kills || a.player - b.player);
    if (this.ranked.length > 0) this.ranked[0].isLeader = this.ranked[0].score > 0;
    this.players = new Map(views.map((view) => [view.player, view]));
  }

  /**
   * Adds a player.
   * @param {number} player
   * @param {string} name
   * @param {boolean} isAi
   * @returns {PlayerRef}
   */
  add(player, name, isAi) {
    const ref = { player, name: name || unnamed(player), isOwn: player === this.localPlayer, isAi };
    this.refs.set(player, ref);
    return ref;
  }

  /**
   * Forgets a player who has left. Otherwise, the feed would show the old name for the next player with the same id,
   * until that player is announced.
   * @param {number} player
   */
  forget(player) {
    this.refs.delete(player);
  }

  /** Forgets all players. Call it for each full snapshot, because the server then lists all players again. */
  forgetAll() {
    this.refs.clear();
  }

  /**
   * Whether the name of a player is known, from a `joined` or `present` event or from the replica.
   * @param {number} player
   */
  knows(player) {
    return this.refs.has(player);
  }

  /**
   * Returns the player with the given id. If the name of the player is not known yet, the result has a name with the id.
   * @param {number} player
   * @returns {PlayerRef}
   */
  find(player) {
    return this.refs.get(player) ?? { player, name: unnamed(player), isOwn: player === this.localPlayer, isAi: false };
  }
}

/** The name of a player who is not known yet. @param {number} player */
function unnamed(player) {
  return text('player.unnamed', { player: String(player) });
}
