// @ts-check
// The first thing one sees: it asks for a name, and shows which rooms there are.

import { isPlayerName, isRoomName } from '../netcode/index.js';
import { Lobby } from './menu/lobby.js';
import { NewRoom } from './menu/new_room.js';
import { RoomFeed } from './menu/room_feed.js';
import { element, write } from './page.js';

const NAME_DEFAULT = 'Pilot';
const GRAPHEMES_MAX = 16;

/**
 * What one chooses.
 * @typedef {object} Choice
 * @property {string} name what one wants to be called
 * @property {string} room empty for any with a free seat
 * @property {boolean} watches whether without a ship
 */

/** The menu. */
export class Menu {
  /**
   * @param {import('./settings.js').Settings} settings
   * @param {(choice: Choice) => void} onChoice
   */
  constructor(settings, onChoice) {
    this.settings = settings;
    this.onChoice = onChoice;
    this.root = element('menu', HTMLElement);
    this.form = element('join', HTMLFormElement);
    this.name = element('name', HTMLInputElement);
    this.note = element('menu-room', HTMLElement);
    this.asked = '';
    this.lobby = new Lobby((room, watches) => this.choose(room, watches));
    this.newRoom = new NewRoom((room) => this.choose(room, false));
    this.feed = new RoomFeed(this.lobby);
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /**
   * Shows it.
   * @param {string} name to begin with; empty for the remembered one
   * @param {string} asked the room that was asked for; empty for any
   */
  start(name, asked) {
    this.listening?.abort();
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.root.hidden = false;
    this.asked = isRoomName(asked) ? asked : '';
    this.name.value = name || this.settings.values.name;
    write(this.note, roomNote(asked));
    this.form.addEventListener('submit', (event) => this.handleSubmit(event), { signal });
    this.newRoom.start(signal);
    this.feed.start();
    if (!window.matchMedia('(pointer: coarse)').matches) this.name.select();
  }

  /** Hides it. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.feed.stop();
    this.name.blur();
    this.root.hidden = true;
  }

  /** @param {SubmitEvent} event */
  handleSubmit(event) {
    event.preventDefault();
    this.choose(this.asked, false);
  }

  /**
   * @param {string} room
   * @param {boolean} watches
   */
  choose(room, watches) {
    const name = fittingName(this.name.value);
    if (this.name.value.trim() !== '') this.settings.set({ name });
    this.onChoice({ name, room, watches });
  }
}

/** @param {string} asked */
function roomNote(asked) {
  if (isRoomName(asked)) return `You will join the room ${asked}.`;
  return `${asked ? 'No room can have that name. ' : ''}You will join a room with a free seat.`;
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
