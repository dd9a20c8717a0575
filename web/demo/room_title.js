// @ts-check
// How the page shows the name of a room.

import { text } from './texts.js';

const UNLISTED_PREFIX = 'unlisted-';

/**
 * The name of a room, or a text that does not reveal it: anyone who sees the name of an unlisted room, for example in a video
 * of the game, can join the room.
 * @param {string} room
 */
export function roomTitle(room) {
  return room.startsWith(UNLISTED_PREFIX) ? text('room.unlisted') : room;
}
