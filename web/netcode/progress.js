// @ts-check
/** What a ship has collected and improved since it spawned. Mirrors the Rust `Progress` of the arena. */

/** Upgrades of a ship, in the order of `Ship.levels`. */
export const UPGRADES = Object.freeze(/** @type {const} */ (['fireRate', 'speed', 'hull', 'spread']));
/** Number of orbs that fill the bar of a ship. */
export const ORBS_FULL = 5;
/** Maximum number of times that an upgrade can be chosen. */
export const LEVEL_MAX = 3;
/** Number of upgrades in an offer. */
const OFFERED_MAX = 3;

/** @typedef {Pick<import('./entity.js').Ship, 'orbs' | 'levels'>} Progress */
/** @typedef {typeof UPGRADES[number]} Upgrade */

/** @param {Progress} progress @param {Upgrade} upgrade @returns {number} the number of times that it was chosen */
export const levelOf = ({ levels }, upgrade) => levels[UPGRADES.indexOf(upgrade)];

/** @param {Progress} progress @returns {number} the number of upgrades chosen */
export const levelsOf = ({ levels }) => levels.reduce((sum, level) => sum + level, 0);

/**
 * @param {Progress} progress
 * @returns {Upgrade[]} the upgrades from which the player may choose: none unless the bar is full
 */
export function offerOf(progress) {
  if (progress.orbs < ORBS_FULL) {
    return [];
  }
  const first = levelsOf(progress);
  const ordered = UPGRADES.map((_, number) => UPGRADES[(first + number) % UPGRADES.length]);
  return ordered.filter((upgrade) => levelOf(progress, upgrade) < LEVEL_MAX).slice(0, OFFERED_MAX);
}

/**
 * Applies the choice of an upgrade, if the ship has an offer that contains it.
 * @param {Progress} progress modified in place
 * @param {number} choice number of the upgrade in the offer, counted from 1; 0 for none
 */
export function choose(progress, choice) {
  if (choice === 0) {
    return;
  }
  const upgrade = offerOf(progress)[choice - 1];
  if (upgrade !== undefined) {
    progress.orbs = 0;
    progress.levels = progress.levels.map((level, at) => (UPGRADES[at] === upgrade ? level + 1 : level));
  }
}

/**
 * @param {Progress} progress
 * @returns {number} the orbs in bits 0–2, then two bits for each upgrade
 */
export const progressBits = ({ orbs, levels }) => levels.reduce((bits, level, at) => bits | (level << (3 + 2 * at)), orbs);

/** @param {number} bits @returns {Progress | null} the progress with that encoding; `null` if there are too many orbs */
export function progressFromBits(bits) {
  const orbs = bits & 7;
  return orbs > ORBS_FULL ? null : { orbs, levels: UPGRADES.map((_, at) => (bits >> (3 + 2 * at)) & 3) };
}
