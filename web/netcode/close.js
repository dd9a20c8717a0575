// @ts-check
/** Close codes. Mirrors the Rust `CloseReason`, and adds the codes that browsers and proxies generate. */

/**
 * @typedef {object} CloseReason
 * @property {number} code the WebSocket close code
 * @property {string} text a description for the user
 * @property {boolean} reconnect whether reconnecting can succeed
 * @property {number} retryAfterMs minimum delay before reconnecting
 */

/** @typedef {[code: number, text: string, reconnect: boolean, retryAfterMs?: number]} Row */

/** The reasons in the Rust `CloseReason`. @type {Row[]} */
const SERVER_REASONS = [
  [1000, 'the client left', false],
  [1002, 'WebSocket protocol error', false],
  [1003, 'only binary messages are accepted', false],
  [1009, 'message too big', false],
  [1011, 'the room has failed', true],
  [1012, 'the server is shutting down', true],
  [4000, 'no Hello within the time limit', true],
  [4001, 'client and server versions differ', false],
  [4002, 'invalid message', false],
  [4003, 'the room is full', false],
  [4004, 'the room has closed', true],
  [4005, 'no message within the time limit', true],
  [4006, 'message rate limit exceeded', false],
  [4007, 'the server is overloaded', true, 2000],
  [4008, 'another connection resumed this seat', false],
  [4009, 'a valid ticket is required', false],
  [4010, 'the client does not read fast enough', true],
  [4011, 'the server is full; try again in 10 s', true, 10_000],
  [4012, 'too many connections from your network; try again in 10 s', true, 10_000],
  [4013, 'too many players join from your network; try again in 2 s', true, 2000],
  [4014, 'too much traffic from your network; try again in 5 s', true, 5000],
  [4015, 'too many players from your network; try again in 30 s', true, 30_000],
  [4016, 'too many rooms from your network; join one, or try again in 30 s', true, 30_000],
  [4017, 'the room is locked', false],
  [4018, 'the team is full or does not exist', false],
  [4019, 'an operator removed you from the room', false],
  [4020, 'an operator has banned you', false],
];

/** Codes of the WebSocket layer, of browsers and of proxies. @type {Row[]} */
const OTHER_REASONS = [
  [1001, 'the server went away', true],
  [1005, 'the connection was closed without a reason', true],
  [1006, 'the connection was lost', true],
  [1007, 'WebSocket protocol error', false],
  [1013, 'the server is busy', true, 2000],
  [1014, 'the server cannot be reached', true],
  [1015, 'the TLS handshake failed', false],
];

const REASONS = new Map([...SERVER_REASONS, ...OTHER_REASONS].map(
  ([code, text, reconnect, retryAfterMs = 0]) => [code, { code, text, reconnect, retryAfterMs }],
));

/** The close codes of the Rust `CloseReason`. */
export const SERVER_CLOSE_CODES = Object.freeze(SERVER_REASONS.map(([code]) => code));

/** @param {number} code @returns {CloseReason} */
export function closeReason(code) {
  return REASONS.get(code) ?? { code, text: `the connection was closed (${code})`, reconnect: true, retryAfterMs: 0 };
}
