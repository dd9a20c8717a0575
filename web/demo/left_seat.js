// @ts-check
// The seat that a page leaves when it is loaded anew, kept in its tab until it is back.

const STORED_AS = 'tickcast.seat';
/** For as long the server keeps a lost seat. */
const KEPT_MS = 30_000;

/** @typedef {{name: string, room: string, token: string}} Seat */

/** @param {Seat} seat */
export function leaveSeat(seat) {
  try {
    sessionStorage.setItem(STORED_AS, JSON.stringify({ ...seat, leftAtMs: Date.now() }));
  } catch {
    // Where nothing may be stored, the page begins with the menu.
  }
}

/**
 * Finds a seat once: a copy of the tab must not take it from the first.
 * @param {string} room in which it is to be
 * @returns {Seat | null}
 */
export function takeSeat(room) {
  try {
    const left = Object(JSON.parse(sessionStorage.getItem(STORED_AS) ?? '{}'));
    sessionStorage.removeItem(STORED_AS);
    const isThere = left.room === room && Date.now() - left.leftAtMs < KEPT_MS;
    return isThere && isText(left.name) && isText(left.token) ? { name: left.name, room, token: left.token } : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string';
}
