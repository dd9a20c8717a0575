// @ts-check
/** Id ranges of the entities of an arena. Mirrors the Rust module `ids` of the arena. */

/** Maximum number of seats in a room, and exclusive end of the ids of ships, which start at 0. */
export const SHIPS = 8192;
/** Exclusive end of the ids of rocks and orbs, which start at `SHIPS`. */
export const SCENERY_END = 2 * SHIPS;
/** Maximum number of bullets of one ship in flight. Each bullet beyond this number replaces the ship's oldest bullet. */
export const BULLETS_PER_SHIP = 8;
/** Exclusive end of the ids of bullets, which start at `SCENERY_END`. */
export const BULLETS_END = SCENERY_END + SHIPS * BULLETS_PER_SHIP;
/** Exclusive end of all entity ids. */
export const LIMIT = 2 ** 30;

/** @param {number} player @returns {number} the id of the player's ship */
export const ship = (player) => player;

/** @param {number} shipId @returns {number} the id of the ship's player */
export const pilot = (shipId) => shipId;

/** @param {number} shipId @param {number} shot modulo `BULLETS_PER_SHIP` @returns {number} the id of a ship's bullet */
export const bullet = (shipId, shot) =>
  (SCENERY_END + shipId * BULLETS_PER_SHIP + (shot % BULLETS_PER_SHIP)) % LIMIT;

/** @param {number} bulletId @returns {number} the id of the player who fired the bullet */
export const shooter = (bulletId) => Math.floor((bulletId - SCENERY_END) / BULLETS_PER_SHIP);
