// @ts-check
/** Why a connection ends. Mirrors `close.rs`, and knows the codes that a browser makes up itself. */

/**
 * @typedef {object} Closing
 * @property {number} code of the WebSocket close frame
 * @property {string} text the reason in words, for people
 * @property {boolean} reconnect whether it is worth trying again as before
 */

/** Code, text, and whether it is worth trying again. @type {ReadonlyMap<number, Readonly<[string, boolean]>>} */
const REASONS = new Map([
  [1000, ['you left', false]],
  [1002, ['a frame broke the WebSocket protocol', false]],
  [1003, ['only binary messages are taken', false]],
  [1009, ['a message was too long', false]],
  [1011, ['the room has failed', true]],
  [1012, ['the server is shutting down', true]],
  [4000, ['the first message did not come in time', true]],
  [4001, ['client and server do not speak the same version', false]],
  [4002, ['a message could not be understood', false]],
  [4003, ['the room is full', false]],
  [4004, ['the room has closed', true]],
  [4005, ['nothing was heard from you for too long', true]],
  [4006, ['too many messages were sent', false]],
  [4007, ['the server takes no more players or rooms for now', true]],
  [4008, ['another connection took your seat', false]],
  [4009, ['a valid ticket is needed', false]],
  [4010, ['you did not read what you were sent', true]],
  // What no server of ours sends: a browser's own codes, and those of whatever stands between.
  [1001, ['the server went away', true]],
  [1005, ['the connection ended without a reason', true]],
  [1006, ['the connection was lost', true]],
  [1013, ['the server is busy', true]],
  [1014, ['the server cannot be reached', true]],
  [1015, ['the connection could not be made secure', false]],
]);

/** The codes of `close.rs`, for those who list them. */
export const SERVER_CODES = Object.freeze([
  1000, 1002, 1003, 1009, 1011, 1012, 4000, 4001, 4002, 4003, 4004, 4005, 4006, 4007, 4008, 4009, 4010,
]);

/** @param {number} code @returns {Closing} what a close code means */
export function closeReason(code) {
  const [text, reconnect] = REASONS.get(code) ?? [`the connection ended (${code})`, true];
  return { code, text, reconnect };
}
