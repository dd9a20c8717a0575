// @ts-check
/** Derives changes of standings from game events. Mirrors the Rust `Standing` and `standing_changes`. */

/**
 * @typedef {import('./codec.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').Standing} Standing
 */

/** Score for destroying a ship. */
const KILL_SCORE = 100;

/** @param {Standing} standing @returns {Standing} with one more kill */
function withKill({ score, kills, deaths }) {
  return { score: Math.min(score + KILL_SCORE, 0xffff_ffff), kills: Math.min(kills + 1, 0xffff), deaths };
}

/** @param {Standing} standing @returns {Standing} with one more death */
function withDeath({ score, kills, deaths }) {
  return { score, kills, deaths: Math.min(deaths + 1, 0xffff) };
}

/**
 * Updates the standings of the players in an event. The server sends a standing only if it differs from this result.
 * @param {Map<number, {standing: Standing}>} players
 * @param {GameEvent} event
 */
export function applyStandingChanges(players, { victim, by }) {
  update(players, victim, withDeath);
  if (by.kind === 'player') {
    update(players, by.player, withKill);
  }
}

/**
 * @param {Map<number, {standing: Standing}>} players
 * @param {number} id
 * @param {(standing: Standing) => Standing} change
 */
function update(players, id, change) {
  const player = players.get(id);
  if (player !== undefined) {
    player.standing = change(player.standing);
  }
}
