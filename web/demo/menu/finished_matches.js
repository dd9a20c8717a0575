// @ts-check
// The list of finished matches. It is requested while the menu is shown and the tab is visible.

import { createElement, element, setText } from '../dom.js';
import { authorization } from '../replay/description.js';
import { clockText } from '../replay/time.js';
import { joined, listText, text } from '../texts.js';

const POLL_INTERVAL_MS = 10_000;
/** Maximum number of listed matches. */
const MATCHES_MAX = 12;
/** Maximum number of names per match. */
const NAMES_MAX = 3;

/**
 * A finished match as the server sends it, with up to 8 players.
 * @typedef {object} FinishedMatch
 * @property {string} match id of the match
 * @property {string} room
 * @property {number} tick_rate
 * @property {number} first_tick
 * @property {number} last_tick
 * @property {string[]} players
 */

/** The list of finished matches, with buttons to watch them. */
export class FinishedMatches {
  /**
   * @param {string | null} ticket
   * @param {(match: string) => void} onChoice
   */
  constructor(ticket, onChoice) {
    this.headers = authorization(ticket);
    this.onChoice = onChoice;
    this.root = element('finished', HTMLElement);
    this.list = element('finished-list', HTMLUListElement);
    /** The listed matches, as JSON. */
    this.shown = '';
    /** @type {AbortController | null} */
    this.requesting = null;
    this.timer = 0;
  }

  start() {
    this.stop();
    this.requesting = new AbortController();
    const { signal } = this.requesting;
    void this.request(signal);
    this.timer = window.setInterval(() => void (document.hidden || this.request(signal)), POLL_INTERVAL_MS);
  }

  stop() {
    this.requesting?.abort();
    this.requesting = null;
    window.clearInterval(this.timer);
  }

  /** @param {AbortSignal} signal */
  async request(signal) {
    try {
      const response = await fetch('/api/replays', { headers: this.headers, signal });
      this.show(response.ok ? await response.json() : []);
    } catch {
      // The list of rooms shows that the server cannot be reached.
    }
  }

  /**
   * Lists the newest matches. Keeps an unchanged list, because one of its buttons may have the focus.
   * @param {FinishedMatch[]} matches
   */
  show(matches) {
    const content = JSON.stringify(matches);
    if (content === this.shown) return;
    this.shown = content;
    this.root.hidden = matches.length === 0;
    this.list.replaceChildren(...matches.slice(0, MATCHES_MAX).map((match) => this.row(match)));
  }

  /** @param {FinishedMatch} match */
  row({ match, room, tick_rate: tickRate, first_tick: first, last_tick: last, players }) {
    const row = createElement('li', '');
    const title = createElement('b', '', room);
    title.title = room;
    const duration = clockText((last - first) / tickRate);
    const about = createElement('p', 'about');
    setText(about, joined(duration, playersText(players)));
    about.title = joined(...players);
    const watch = createElement('button', 'secondary small', text('common.watch'));
    watch.setAttribute('type', 'button');
    watch.setAttribute('aria-label', text('finished.watch', { room, duration }));
    watch.addEventListener('click', () => this.onChoice(match));
    row.append(title, about, watch);
    return row;
  }
}

/** @param {string[]} players */
export function playersText(players) {
  const named = players.slice(0, NAMES_MAX);
  return listText(players.length > NAMES_MAX ? [...named, text('finished.others')] : named);
}
