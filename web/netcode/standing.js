// @ts-check
/** Derives changes of standings from game events. Mirrors the Rust `Standing` and `standing_changes`. */

/**
 * @typedef {import('./game_event.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').Standing} Standing
 */

/** The standing of a player who has just joined, and of all players when a round begins. @type {Standing} */
export const NEW_STANDING = Object.freeze({ score: 0, kills: 0, deaths: 0, streak: 0 });
/** Score for destroying a ship. */
const KILL_SCORE = 100;
/** Score for collecting an orb. */
const ORB_SCORE = 5;
/** Orbs that a destroyed ship leaves per ship of its streak. */
const BOUNTY_PER_KILL = 2;
const BOUNTY_MAX = 16;

/**
 * Number of orbs that a destroyed ship leaves, as in the server's rules.
 * @param {Standing} standing of its player
 */
export function bountyOf({ streak }) {
  return Math.min(streak * BOUNTY_PER_KILL, BOUNTY_MAX);
}

/** @param {Standing} standing @returns {Standing} with one more kill */
function withKill({ score, kills, deaths, streak }) {
  return {
    score: Math.min(score + KILL_SCORE, 0xffff_ffff),
    kills: Math.min(kills + 1, 0xffff),
    deaths,
    streak: Math.min(streak + 1, 0xffff),
  };
}

/** @param {Standing} standing @returns {Standing} with the score for an orb */
function withOrb(standing) {
  return { ...standing, score: Math.min(standing.score + ORB_SCORE, 0xffff_ffff) };
}

/** @param {Standing} standing @returns {Standing} with one more death, and without a streak */
function withDeath({ score, kills, deaths }) {
  return { score, kills, deaths: Math.min(deaths + 1, 0xffff), streak: 0 };
}

/**
 * Updates the standings of the players in an event. The server sends a standing only if it differs from this result.
 * @param {Map<number, {standing: Standing}>} players
 * @param {GameEvent} event
 */
export function applyStandingChanges(players, event) {
  if (event.kind === 'roundEnded') {
    for (const player of players.values()) player.standing = NEW_STANDING;
  }
  if (event.kind === 'collected') update(players, event.player, withOrb);
  if (event.kind !== 'destroyed') return;
  const { victim, by } = event;
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
