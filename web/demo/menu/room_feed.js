// @ts-check
// The list of rooms as the server pushes it. Only while the menu is looked at: a browser keeps few connections to a server,
// and tabs in the background would use them up.

/** The browser tries again by itself when a connection is lost; when the server refused it, it does not. */
const AGAIN_MS = 5000;

/** @typedef {import('./lobby.js').Listing} Listing */

/** The list of rooms. */
export class RoomFeed {
  /** @param {import('./lobby.js').Lobby} lobby shows it */
  constructor(lobby) {
    this.lobby = lobby;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {AbortController | null} */
    this.listening = null;
    this.retrying = 0;
  }

  /** Begins to listen. */
  start() {
    this.stop();
    this.listening = new AbortController();
    document.addEventListener('visibilitychange', () => this.handleVisibility(), { signal: this.listening.signal });
    this.handleVisibility();
  }

  /** Ends that. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.close();
  }

  handleVisibility() {
    this.close();
    if (!document.hidden) this.open();
  }

  open() {
    this.source = new EventSource('/api/rooms/events');
    this.source.addEventListener('rooms', ({ data }) => this.lobby.show(JSON.parse(data)));
    this.source.addEventListener('error', () => this.handleError());
  }

  close() {
    window.clearTimeout(this.retrying);
    this.source?.close();
    this.source = null;
  }

  handleError() {
    this.lobby.showLost();
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.close();
    this.retrying = window.setTimeout(() => this.open(), AGAIN_MS);
  }
}
