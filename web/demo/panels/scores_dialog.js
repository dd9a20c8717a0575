// @ts-check
// The dialog with the leaderboards. In it, players can also delete their own data.

import { createElement, element, setText } from '../dom.js';
import { numberText, text } from '../texts.js';

/** @typedef {import('../profile_api.js').Period} Period */

/** @type {readonly Period[]} */
const PERIODS = ['day', 'week', 'all'];
/** Time after which a leaderboard without the player is read again: the player's last game may not be counted yet. */
const REREAD_MS = 3000;

/** The dialog with the leaderboards. */
export class ScoresDialog {
  /**
   * @param {import('../profile_api.js').ProfileApi} api
   * @param {() => void} onErased
   */
  constructor(api, onErased) {
    this.api = api;
    this.onErased = onErased;
    this.dialog = element('scores', HTMLDialogElement);
    this.list = element('scores-list', HTMLOListElement);
    this.note = element('scores-note', HTMLElement);
    this.pages = element('scores-pages', HTMLElement);
    this.before = element('scores-before', HTMLButtonElement);
    this.next = element('scores-next', HTMLButtonElement);
    this.erase = element('scores-erase', HTMLButtonElement);
    this.confirmation = element('scores-confirm', HTMLElement);
    this.erasing = element('scores-erase-now', HTMLButtonElement);
    this.tabs = PERIODS.map((period) => ({ period, button: element(`scores-${period}`, HTMLButtonElement) }));
    /** @type {{period: Period, page: number}} */
    this.shown = { period: 'day', page: 1 };
    this.timer = 0;
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    for (const { period, button } of this.tabs) button.addEventListener('click', () => void this.show({ period, page: 1 }));
    this.before.addEventListener('click', () => void this.show({ ...this.shown, page: this.shown.page - 1 }));
    this.next.addEventListener('click', () => void this.show({ ...this.shown, page: this.shown.page + 1 }));
    this.erase.addEventListener('click', () => this.ask(true));
    element('scores-keep', HTMLButtonElement).addEventListener('click', () => this.ask(false));
    this.erasing.addEventListener('click', () => void this.eraseNow());
  }

  open() {
    this.ask(false);
    this.list.replaceChildren();
    setText(this.note, '');
    this.dialog.showModal();
    void this.show({ ...this.shown, page: 1 });
  }

  /**
   * Shows a page of a leaderboard.
   * @param {{period: Period, page: number}} requested
   */
  async show(requested) {
    this.shown = requested;
    window.clearTimeout(this.timer);
    const { period, page } = requested;
    for (const tab of this.tabs) tab.button.setAttribute('aria-pressed', String(tab.period === period));
    try {
      const found = await this.api.leaderboard(period, page);
      // Meanwhile, the player may have chosen another page.
      if (this.shown === requested && found) this.fill(found);
      if (found && !found.own) this.reread(requested);
    } catch {
      this.reread(requested);
      if (this.shown === requested) setText(this.note, text('scores.failed'));
    }
  }

  /** Shows a page again later, unless the player has chosen another one. @param {{period: Period, page: number}} requested */
  reread(requested) {
    if (this.shown !== requested) return;
    this.timer = window.setTimeout(() => void (this.dialog.open && this.show(requested)), REREAD_MS);
  }

  /** @param {import('../profile_api.js').LeaderboardPage} found */
  fill({ entries, own, page, more }) {
    this.list.replaceChildren(...entries.map(rowOf));
    this.before.disabled = page === 1;
    this.next.disabled = !more;
    this.pages.hidden = page === 1 && !more;
    setText(this.note, noteOf(entries.length, own, this.api.isIdentified));
    if (!this.api.isIdentified) this.ask(false);
  }

  /**
   * Asks whether to delete the player's data, or returns to the button. There is no button if the server does not know who
   * the player is.
   * @param {boolean} isAsking
   */
  ask(isAsking) {
    const hadFocus = this.dialog.contains(document.activeElement);
    this.erase.hidden = isAsking || !this.api.isIdentified;
    this.confirmation.hidden = !isAsking;
    if (hadFocus) (isAsking ? this.erasing : this.erase).focus();
  }

  async eraseNow() {
    try {
      await this.api.erase();
    } catch {
      setText(this.note, text('scores.eraseFailed'));
      if (!this.api.isIdentified) this.ask(false);
      return;
    }
    this.ask(false);
    this.onErased();
    await this.show({ ...this.shown, page: 1 });
    window.clearTimeout(this.timer);
    setText(this.note, text('scores.erased'));
  }
}

/** @param {import('../profile_api.js').Entry} entry */
function rowOf({ rank, name, score, own: isOwn = false }) {
  const row = createElement('li', isOwn ? 'own' : '');
  row.append(createElement('span', 'rank', numberText(rank)), createElement('span', 'name', name));
  row.append(createElement('span', 'points', numberText(score)));
  return row;
}

/**
 * @param {number} entries number of entries of the page
 * @param {import('../profile_api.js').Place | undefined} own
 * @param {boolean} isIdentified whether the server knows who the player is
 */
function noteOf(entries, own, isIdentified) {
  if (own?.rank) return text('scores.rankedBest', { score: own.score, rank: own.rank });
  if (own) return text('scores.best', { score: own.score });
  if (entries === 0) return text('scores.none');
  return isIdentified ? text('scores.noOwn') : '';
}
