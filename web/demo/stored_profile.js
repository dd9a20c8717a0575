// @ts-check
// Keeps the secret of the player's profile in local storage. Anyone who knows the secret can read and delete the profile.

const STORAGE_KEY = 'tickcast.profile';
const SECRET = /^[0-9a-f]{32}$/;
const SECRET_BYTES = 16;

/** The secret of the player's profile. If the browser blocks storage, it lasts until the page is closed. */
export class StoredProfile {
  constructor() {
    /** The last known secret, for browsers that block storage. */
    this.known = stored() ?? '';
    if (!this.known) this.replace();
  }

  /** The secret. It is read again each time, because another tab may have replaced it. */
  get secret() {
    this.known = stored() ?? this.known;
    return this.known;
  }

  /** Replaces the secret by a new one, which belongs to a new profile. */
  replace() {
    const bytes = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
    this.known = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
    try {
      localStorage.setItem(STORAGE_KEY, this.known);
    } catch {
      // Storage is disabled: the secret lasts until the page is closed.
    }
  }
}

/** @returns {string | null} the stored secret, or `null` if there is no valid one */
function stored() {
  try {
    const secret = localStorage.getItem(STORAGE_KEY) ?? '';
    return SECRET.test(secret) ? secret : null;
  } catch {
    return null;
  }
}
