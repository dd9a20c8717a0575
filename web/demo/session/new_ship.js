// @ts-check
// Explains why a player who reconnected has a new ship.

import { text } from '../texts.js';

/** The cause of an outage as the key of a text, by its first close code. */
const CAUSES = new Map([
  [1011, 'newShip.roomFailed'],
  [1012, 'newShip.restarted'],
  [4004, 'newShip.roomClosed'],
]);
const UNKNOWN_CAUSE = 'newShip.unknown';

/**
 * @param {number | null} code the first close code of the outage
 * @param {number} score the player's score before the outage
 */
export function newShipText(code, score) {
  const cause = text(CAUSES.get(code ?? 0) ?? UNKNOWN_CAUSE);
  return score === 0 ? text('newShip.ship', { cause }) : text('newShip.score', { cause, score });
}
