// @ts-check
// The server's description of a match: its range of ticks, and the events to mark. While the match is running, the description is
// requested again and again, unless the ticket has expired.

const POLL_INTERVAL_MS = 4000;
/** Statuses that further requests would get, too: without a valid ticket (401), and if there is no such match (404). */
const FINAL_STATUSES = [401, 404];

/**
 * @typedef {object} Description as the server sends it
 * @property {string} match id of the match
 * @property {string} room
 * @property {boolean} running whether the match goes on, so that the range grows
 * @property {number} tick_rate
 * @property {number} first_tick
 * @property {number} last_tick
 * @property {number} delay_ticks delay of spectators, already subtracted from `last_tick`
 * @property {import('./markers.js').Marker[]} markers
 */

/** The description of a match. */
export class DescriptionFeed {
  /**
   * @param {string} which the id of the match, or the name of its room
   * @param {string | null} ticket
   */
  constructor(which, ticket) {
    this.which = which;
    this.url = `/api/rooms/${encodeURIComponent(which)}/replay`;
    this.headers = authorization(ticket);
    /** @type {Description | null} */
    this.description = null;
    /** @type {AbortController | null} */
    this.requesting = null;
    this.timer = 0;
  }

  start() {
    this.requesting = new AbortController();
    void this.request(this.requesting.signal);
  }

  stop() {
    this.requesting?.abort();
    this.requesting = null;
    window.clearTimeout(this.timer);
  }

  /** @param {AbortSignal} signal */
  async request(signal) {
    let isFinal = false;
    try {
      const response = await fetch(this.url, { headers: this.headers, signal });
      if (response.ok) this.description = await response.json();
      isFinal = FINAL_STATUSES.includes(response.status) || this.description?.running === false;
    } catch {
      // If this request fails, the connection of the session usually fails, too, and the session reports the failure. The
      // request is repeated until it succeeds.
    }
    if (!isFinal && !signal.aborted) this.timer = window.setTimeout(() => void this.request(signal), POLL_INTERVAL_MS);
  }
}

/**
 * The request headers with a ticket.
 * @param {string | null} ticket
 * @returns {Record<string, string>}
 */
export function authorization(ticket) {
  return ticket ? { Authorization: `Bearer ${ticket}` } : {};
}
