// @ts-check
/** Id ranges of the entities of an arena. Mirrors the Rust module `ids` of the arena. */

/** Maximum number of seats in a room, and exclusive end of the ids of ships, which start at 0. */
export const SHIPS = 8192;
/** Exclusive end of the ids of rocks and orbs, which start at `SHIPS`. */
export const SCENERY_END = 2 * SHIPS;
/** The ids of a ship's bullets repeat after this many shots. */
export const SHOTS_PER_SHIP = 8;
/** Maximum number of bullets of a shot. */
export const BULLETS_PER_SHOT = 4;
const BULLETS_PER_SHIP = SHOTS_PER_SHIP * BULLETS_PER_SHOT;
/** Exclusive end of the ids of bullets, which start at `SCENERY_END`. */
export const BULLETS_END = SCENERY_END + SHIPS * BULLETS_PER_SHIP;
/** Exclusive end of all entity ids. */
export const LIMIT = 2 ** 30;

/** @param {number} player @returns {number} the id of the player's ship */
export const ship = (player) => player;

/** @param {number} shipId @returns {number} the id of the ship's player */
export const pilot = (shipId) => shipId;

/**
 * @param {number} shipId @param {number} shot modulo `SHOTS_PER_SHIP` @param {number} number of the bullet in the shot
 * @returns {number} the id of a ship's bullet
 */
export function bullet(shipId, shot, number) {
  const ofShip = (shot % SHOTS_PER_SHIP) * BULLETS_PER_SHOT + (number % BULLETS_PER_SHOT);
  return (SCENERY_END + shipId * BULLETS_PER_SHIP + ofShip) % LIMIT;
}

/** @param {number} bulletId @returns {number} the id of the player who fired the bullet */
export const shooter = (bulletId) => Math.floor((bulletId - SCENERY_END) / BULLETS_PER_SHIP);
