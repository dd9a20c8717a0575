// @ts-check
// Who is in the room, best first; and what those who have just left were called.

/** Names of past players that are kept, for the lines of the feed that still speak of them. */
const NAMES_MAX = 512;

/** @typedef {import('../scene.js').MemberView} MemberView */

/** Who is in the room. */
export class Roster {
  constructor() {
    /** @type {MemberView[]} */
    this.ranked = [];
    /** @type {Map<number, MemberView>} */
    this.members = new Map();
    /** @type {Map<number, string>} */
    this.names = new Map();
  }

  /**
   * Takes over who is there after a tick.
   * @param {import('../../netcode/replica.js').Replica} replica
   * @param {number | null} own one's own seat
   */
  update(replica, own) {
    const views = [...replica.members].map(([player, { name, kind, standing }]) => (
      { player, name: name || `Player ${player}`, isDrone: kind === 'drone', isOwn: player === own, ...standing }
    ));
    this.ranked = views.sort((a, b) => b.score - a.score || b.kills - a.kills || a.player - b.player);
    this.members = new Map(views.map((view) => [view.player, view]));
    if (this.names.size > NAMES_MAX) this.names.clear();
    for (const { player, name } of views) this.names.set(player, name);
  }

  /**
   * What to call somebody who may have left.
   * @param {number} player
   * @param {number | null} own one's own seat
   * @returns {import('../scene.js').Actor}
   */
  actor(player, own) {
    return { player, name: this.names.get(player) ?? `Player ${player}`, isOwn: player === own };
  }
}
