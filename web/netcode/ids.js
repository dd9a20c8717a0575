// @ts-check
/** Which numbers the things of an arena get. Mirrors `arena/ids.rs`. */

/** The most seats a room has; ship ids are below. */
export const SHIPS = 8192;
/** Rocks and orbs have ids from `SHIPS` up to here, the end not included. */
export const SCENERY_END = 2 * SHIPS;
/** How many bullets of one ship can be in flight; a new one takes the place of the oldest. */
export const BULLETS_PER_SHIP = 8;
/** Bullets have ids from `SCENERY_END` up to here, the end not included. */
export const BULLETS_END = SCENERY_END + SHIPS * BULLETS_PER_SHIP;
/** One more than the greatest id of anything. */
export const LIMIT = 2 ** 30;

/** @param {number} player @returns {number} a player's ship */
export const ship = (player) => player;

/** @param {number} shipId @returns {number} whose ship it is */
export const pilot = (shipId) => shipId;

/** @param {number} shipId @param {number} shot counted modulo `BULLETS_PER_SHIP` @returns {number} a ship's bullet */
export const bullet = (shipId, shot) =>
  (SCENERY_END + shipId * BULLETS_PER_SHIP + (shot % BULLETS_PER_SHIP)) % LIMIT;

/** @param {number} bulletId @returns {number} who fired a bullet */
export const shooter = (bulletId) => Math.floor((bulletId - SCENERY_END) / BULLETS_PER_SHIP);
