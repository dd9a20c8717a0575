// @ts-check
/** Decodes player ids. */

import { DecodeError } from './bytes.js';

/** @typedef {import('./bytes.js').Reader} Reader */

/** @param {Reader} reader @returns {number} */
export function readPlayer(reader) {
  return playerId(reader.leb128());
}

/** @param {number} number @returns {number} */
export function playerId(number) {
  return number <= 0xffff ? number : tooLarge();
}

/** @returns {never} */
function tooLarge() {
  throw new DecodeError('malformed', 'player id exceeds 16 bits');
}
