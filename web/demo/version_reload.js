// @ts-check
// Reloads the page after an update of the server, but only once. If page and server still have different versions after
// the reload, another reload would not help.

const STORAGE_KEY = 'tickcast.reloaded';

/** The automatic reload. It is available again after the page has connected. */
export class VersionReload {
  constructor() {
    this.isConnected = false;
  }

  /** @returns {boolean} whether the page may reload now. After `true`, returns `false` until the page has connected */
  take() {
    this.isConnected = false;
    try {
      const isFirst = sessionStorage.getItem(STORAGE_KEY) === null;
      sessionStorage.setItem(STORAGE_KEY, 'yes');
      return isFirst;
    } catch {
      // Storage is disabled: the page could not tell whether it has already reloaded.
      return false;
    }
  }

  /** Makes the reload available again. Call it in every frame while the page is connected. */
  handleConnected() {
    if (this.isConnected) return;
    this.isConnected = true;
    try {
      sessionStorage.removeItem(STORAGE_KEY);
    } catch {
      // Storage is disabled, so nothing is stored.
    }
  }
}
