// @ts-check
// The player's profile in the menu.

import { createElement, element } from '../dom.js';
import { numberText, text, unitText } from '../texts.js';

/** Time after which the profile is read again. By then, the game that the player has just left is counted. */
const REREAD_MS = 4000;

/** The player's profile. It is hidden until the end of the player's first game. */
export class OwnProfile {
  /** @param {import('../profile_api.js').ProfileApi} api */
  constructor(api) {
    this.api = api;
    this.root = element('own-profile', HTMLElement);
    this.numbers = element('own-numbers', HTMLDListElement);
    this.opener = element('menu-scores', HTMLButtonElement);
    this.timer = 0;
  }

  start() {
    this.stop();
    this.timer = window.setTimeout(() => void this.read(), REREAD_MS);
    void this.read();
  }

  stop() {
    window.clearTimeout(this.timer);
  }

  /** Reads the profile and shows it. If the request fails, nothing changes. */
  async read() {
    try {
      this.show(await this.api.profile());
    } catch {
      // The profile is not needed to play.
    }
  }

  /** @param {import('../profile_api.js').Profile | null} profile */
  show(profile) {
    this.opener.hidden = !this.api.isAvailable;
    this.root.hidden = profile === null || profile.matches === 0;
    if (profile === null) return;
    const rows = numbersOf(profile).map(([label, value]) => {
      const row = createElement('div', '');
      row.append(createElement('dt', '', label), createElement('dd', '', value));
      return row;
    });
    this.numbers.replaceChildren(...rows);
  }
}

/**
 * @param {import('../profile_api.js').Profile} profile
 * @returns {[label: string, value: string][]}
 */
function numbersOf(profile) {
  return [
    [text('profile.bestScore'), numberText(profile.best_score)],
    [text('profile.bestStreak'), numberText(profile.best_streak)],
    [text('profile.kills'), numberText(profile.kills)],
    [text('profile.deaths'), numberText(profile.deaths)],
    [text('profile.games'), numberText(profile.matches)],
    [text('profile.time'), durationText(profile.play_seconds)],
  ];
}

/** @param {number} seconds */
function durationText(seconds) {
  const hours = seconds / 3600;
  if (hours < 1) return unitText(Math.floor(seconds / 60), 'minute', 'short');
  return unitText(hours, 'hour', 'short', hours < 10 ? 1 : 0);
}
