// @ts-check
/** Validation of player and room names. Mirrors the Rust module `name`. */

/** Maximum size of a player name in UTF-8. */
export const PLAYER_NAME_BYTES_MAX = 64;
/** Maximum length of a room name. */
export const ROOM_NAME_LENGTH_MAX = 32;

const ROOM_NAME = /^[a-zA-Z0-9_-]{1,32}$/;

/** @param {string} text @returns {boolean} whether the text is short enough for a name. The server sanitizes names */
export function isPlayerName(text) {
  return new TextEncoder().encode(text).length <= PLAYER_NAME_BYTES_MAX;
}

/** @param {string} text @returns {boolean} whether the text is a valid room name */
export function isRoomName(text) {
  return ROOM_NAME.test(text);
}
