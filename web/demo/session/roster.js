// @ts-check
// Who is in the room, best first; and what those who have just left were called.

/** Past players that are remembered, for the lines of the feed that still speak of them. */
const REMEMBERED_MAX = 512;

/**
 * @typedef {import('../scene.js').Actor} Actor
 * @typedef {import('../scene.js').MemberView} MemberView
 */

/** Who is in the room. */
export class Roster {
  constructor() {
    /** @type {number | null} one's own seat */
    this.own = null;
    /** @type {MemberView[]} */
    this.ranked = [];
    /** @type {Map<number, MemberView>} */
    this.members = new Map();
    /** @type {Map<number, Actor>} */
    this.actors = new Map();
  }

  /**
   * Takes over who is there after a tick.
   * @param {import('../../netcode/replica.js').Replica} replica
   */
  update(replica) {
    const views = [...replica.members].map(([player, { name, kind, standing }]) => (
      { ...this.meet(player, name, kind === 'drone'), ...standing }
    ));
    this.ranked = views.sort((a, b) => b.score - a.score || b.kills - a.kills || a.player - b.player);
    this.members = new Map(views.map((view) => [view.player, view]));
  }

  /**
   * Remembers who has a seat from now on.
   * @param {number} player
   * @param {string} name
   * @param {boolean} isDrone
   * @returns {Actor}
   */
  meet(player, name, isDrone) {
    if (this.actors.size > REMEMBERED_MAX) this.actors.clear();
    const actor = { player, name: name || `Player ${player}`, isOwn: player === this.own, isDrone };
    this.actors.set(player, actor);
    return actor;
  }

  /**
   * Who has a seat, or had it last.
   * @param {number} player
   * @returns {Actor}
   */
  actor(player) {
    return this.actors.get(player) ?? this.meet(player, '', false);
  }
}
