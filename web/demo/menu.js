// @ts-check
// The first thing one sees: it asks for a name, and remembers it.

import { isPlayerName, isRoomName } from '../netcode/index.js';
import { element, write } from './page.js';

const STORED_AS = 'tickcast.name';
const NAME_DEFAULT = 'Pilot';
const GRAPHEMES_MAX = 16;

/** The menu. */
export class Menu {
  /** @param {(name: string) => void} onPlay */
  constructor(onPlay) {
    this.onPlay = onPlay;
    this.form = element('menu', HTMLFormElement);
    this.name = element('name', HTMLInputElement);
    this.room = element('menu-room', HTMLElement);
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /**
   * Shows it.
   * @param {string} name to begin with; empty for the remembered one
   * @param {string} room the room that was asked for; empty for any
   */
  start(name, room) {
    this.listening?.abort();
    this.listening = new AbortController();
    this.form.hidden = false;
    this.name.value = name || remembered();
    write(this.room, roomNote(room));
    this.form.addEventListener('submit', (event) => this.handleSubmit(event), { signal: this.listening.signal });
    this.name.focus();
    this.name.select();
  }

  /** Hides it. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.name.blur();
    this.form.hidden = true;
  }

  /** @param {SubmitEvent} event */
  handleSubmit(event) {
    event.preventDefault();
    const name = fittingName(this.name.value);
    remember(name);
    this.onPlay(name);
  }
}

/** @param {string} room */
function roomNote(room) {
  if (isRoomName(room)) return `You will join the room ${room}.`;
  return `${room ? 'No room can have that name. ' : ''}You will join a room with a free seat.`;
}

/**
 * The name cut to what fits; the server has the last word.
 * @param {string} text
 */
export function fittingName(text) {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text.trim());
  const graphemes = Array.from(segments, ({ segment }) => segment).slice(0, GRAPHEMES_MAX);
  while (!isPlayerName(graphemes.join(''))) graphemes.pop();
  return graphemes.join('').trim() || NAME_DEFAULT;
}

/** The name of the last visit. A browser may refuse to store anything; then the name is asked for again. */
export function remembered() {
  try {
    return localStorage.getItem(STORED_AS) ?? '';
  } catch {
    return '';
  }
}

/** @param {string} name */
function remember(name) {
  try {
    localStorage.setItem(STORED_AS, name);
  } catch {
    // The name is good for this visit all the same.
  }
}
