// @ts-check
// Receives updates of the room list. The connection is open only while the menu is shown and the tab is visible. Otherwise,
// the connections of hidden tabs could use up the number of connections per server that the browser allows.

/** Interval between retries while the server refuses the request. The browser itself retries after lost connections. */
const RETRY_INTERVAL_MS = 5000;


/** Subscription to the room list. */
export class RoomFeed {
  /** @param {import('./lobby.js').Lobby} lobby receives the updates */
  constructor(lobby) {
    this.lobby = lobby;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {AbortController | null} */
    this.listening = null;
    this.retryTimer = 0;
  }

  /** Subscribes. */
  start() {
    this.stop();
    this.listening = new AbortController();
    document.addEventListener('visibilitychange', () => this.handleVisibility(), { signal: this.listening.signal });
    this.handleVisibility();
  }

  /** Unsubscribes. */
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
    window.clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
  }

  handleError() {
    this.lobby.showDisconnected();
    if (this.source?.readyState !== EventSource.CLOSED) return;
    this.close();
    this.retryTimer = window.setTimeout(() => this.open(), RETRY_INTERVAL_MS);
  }
}
