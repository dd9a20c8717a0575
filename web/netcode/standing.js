// @ts-check
/** How events change standings. Mirrors `Standing` and `tally` in `arena.rs`. */

/**
 * @typedef {import('./codec.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').Standing} Standing
 */

/** What destroying a ship scores. */
const KILL_SCORE = 100;

/** @param {Standing} standing @returns {Standing} with a ship destroyed more */
function withKill({ score, kills, deaths }) {
  return { score: Math.min(score + KILL_SCORE, 0xffff_ffff), kills: Math.min(kills + 1, 0xffff), deaths };
}

/** @param {Standing} standing @returns {Standing} with a ship lost more */
function withDeath({ score, kills, deaths }) {
  return { score, kills, deaths: Math.min(deaths + 1, 0xffff) };
}

/**
 * Changes the standings that an event changes; the server tells a standing only where it differs from that.
 * @param {Map<number, {standing: Standing}>} members
 * @param {GameEvent} event
 */
export function tally(members, { victim, by }) {
  change(members, victim, withDeath);
  if (by.kind === 'player') {
    change(members, by.player, withKill);
  }
}

/**
 * @param {Map<number, {standing: Standing}>} members
 * @param {number} player
 * @param {(standing: Standing) => Standing} changed
 */
function change(members, player, changed) {
  const member = members.get(player);
  if (member !== undefined) {
    member.standing = changed(member.standing);
  }
}
