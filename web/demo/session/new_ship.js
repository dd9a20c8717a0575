// @ts-check
// Explains why a player who reconnected has a new ship.

/** The cause of an outage, by its first close code. */
const CAUSES = new Map([
  [1011, 'The room failed.'],
  [1012, 'The server was restarted.'],
  [4004, 'The room was closed.'],
]);
const UNKNOWN_CAUSE = 'You were away for too long, or the server was restarted.';

/**
 * @param {number | null} code the first close code of the outage
 * @param {number} score the player's score before the outage
 */
export function newShipText(code, score) {
  const cause = CAUSES.get(code ?? 0) ?? UNKNOWN_CAUSE;
  if (score === 0) return `${cause} You have a new ship.`;
  return `${cause} Your score of ${score.toLocaleString('en')} is lost, and you start again with a new ship.`;
}
