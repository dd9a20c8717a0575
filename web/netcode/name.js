// @ts-check
/** Names of players and rooms. Mirrors `name.rs`. */

/** The most bytes a player's name takes in UTF-8. */
export const PLAYER_NAME_BYTES_MAX = 64;
/** The most characters a room's name takes. */
export const ROOM_NAME_LENGTH_MAX = 32;

const ROOM_NAME = /^[a-zA-Z0-9_-]{1,32}$/;

/** @param {string} text @returns {boolean} whether it is short enough to be sent; the server makes it fit to be shown */
export function isPlayerName(text) {
  return new TextEncoder().encode(text).length <= PLAYER_NAME_BYTES_MAX;
}

/** @param {string} text @returns {boolean} whether a room can have that name */
export function isRoomName(text) {
  return ROOM_NAME.test(text);
}
