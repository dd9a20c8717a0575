// @ts-check
// Keeps the player's seat in session storage, so that the page can resume it after a reload.

const STORAGE_KEY = 'tickcast.seat';
/** Time for which the server keeps the seat of a lost connection. */
const KEPT_MS = 30_000;

/** @typedef {{name: string, room: string, token: string}} Seat `token` is empty if there is no seat to resume */

/** @param {Seat} seat */
export function storeSeat(seat) {
  try {
    sessionStorage.setItem(STORAGE_KEY, JSON.stringify({ ...seat, leftAtMs: Date.now() }));
  } catch {
    // Storage is disabled. After a reload, the page starts with the menu.
  }
}

/**
 * Returns the stored seat, if it is in the given room and not too old. Removes it from the storage, so that a duplicate of
 * the tab cannot resume it as well.
 * @param {string} room the room in the URL
 * @returns {Seat | null}
 */
export function takeStoredSeat(room) {
  try {
    const stored = Object(JSON.parse(sessionStorage.getItem(STORAGE_KEY) ?? '{}'));
    sessionStorage.removeItem(STORAGE_KEY);
    const isValid = stored.room === room && Date.now() - stored.leftAtMs < KEPT_MS;
    return isValid && isText(stored.name) && isText(stored.token) ? { name: stored.name, room, token: stored.token } : null;
  } catch {
    return null;
  }
}

/** @param {unknown} value @returns {value is string} */
function isText(value) {
  return typeof value === 'string';
}
