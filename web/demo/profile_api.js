// @ts-check
// Requests about the player's profile and the leaderboards.

import { authorization } from './replay/description.js';

/**
 * @typedef {'day' | 'week' | 'all'} Period
 *
 * @typedef {object} Profile
 * @property {number} matches 0 before the end of the first game
 * @property {number} play_seconds
 * @property {number} kills
 * @property {number} deaths
 * @property {number} best_score
 * @property {number} best_streak maximum number of kills without a death in between
 *
 * @typedef {object} LeaderboardPage
 * @property {number} page counted from 1
 * @property {boolean} more whether there is a next page
 * @property {Entry[]} entries best first
 * @property {Place} [own] absent if the player has no points in the period
 *
 * @typedef {object} Entry
 * @property {number} rank
 * @property {string} name
 * @property {number} score
 * @property {boolean} [own] true in the player's own entry, otherwise absent
 *
 * @typedef {object} Place
 * @property {number} [rank] absent if it is greater than 10,000
 * @property {number} score
 */

/**
 * Requests with the ticket of the player if it names a user, because the server then counts results for this user. Otherwise,
 * requests with the secret of the player's profile. All methods throw an error if the request fails.
 */
export class ProfileApi {
  /**
   * @param {import('./stored_profile.js').StoredProfile} stored
   * @param {string | null} ticket
   */
  constructor(stored, ticket) {
    this.stored = stored;
    this.userTicket = ticket !== null && namesUser(ticket) ? ticket : null;
    /** Whether the server keeps profiles; true as long as this is unknown. */
    this.isAvailable = true;
    /** Whether the server knows who the player is; false after it has rejected the ticket, which expires. */
    this.isIdentified = true;
  }

  /** @returns {Promise<Profile | null>} `null` if the server keeps no profiles, or does not know who the player is */
  async profile() {
    return this.isIdentified ? this.read('/api/profile') : null;
  }

  /**
   * @param {Period} period
   * @param {number} page counted from 1
   * @returns {Promise<LeaderboardPage | null>} `null` if the server keeps no profiles
   */
  async leaderboard(period, page) {
    const path = `/api/leaderboard?${new URLSearchParams({ period, page: String(page) })}`;
    // If the server rejects the ticket, the leaderboard is read again without it.
    return (await this.read(path)) ?? this.read(path);
  }

  /** Deletes the profile. From now on, the page uses another secret. */
  async erase() {
    const response = await this.request('DELETE', '/api/profile');
    if (!response.ok) throw failure(response);
    if (this.userTicket === null) this.stored.replace();
  }

  /**
   * @param {string} path
   * @returns {Promise<any>} `null` if the server keeps no profiles, or rejects the ticket
   */
  async read(path) {
    if (!this.isAvailable) return null;
    const response = await this.request('GET', path);
    if (response.status === 401) return null;
    if (!response.ok) throw failure(response);
    this.isAvailable = response.status !== 204;
    return this.isAvailable ? response.json() : null;
  }

  /** @param {string} method @param {string} path */
  async request(method, path) {
    const response = await fetch(path, { method, headers: this.isIdentified ? this.credentials() : {} });
    if (response.status === 401) this.isIdentified = false;
    return response;
  }

  credentials() {
    return this.userTicket ? authorization(this.userTicket) : { Authorization: `Profile ${this.stored.secret}` };
  }
}

/** @param {Response} response */
function failure({ url, status }) {
  return new Error(`${url}: status ${status}`);
}

/** Whether a ticket, which is a JSON Web Token, names a user. @param {string} ticket */
function namesUser(ticket) {
  const claims = ticket.split('.')[1] ?? '';
  try {
    return JSON.parse(atob(claims.replaceAll('-', '+').replaceAll('_', '/'))).sub != null;
  } catch {
    return false;
  }
}
