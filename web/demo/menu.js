// @ts-check
// The start menu: asks for a name and lists the rooms.

import { isPlayerName, isRoomName } from '../netcode/index.js';
import { Lobby } from './menu/lobby.js';
import { NewRoom } from './menu/new_room.js';
import { RoomFeed } from './menu/room_feed.js';
import { element, setText } from './dom.js';

const NAME_DEFAULT = 'Pilot';
const GRAPHEMES_MAX = 16;

/**
 * The player's choice.
 * @typedef {object} Choice
 * @property {string} name the player's name
 * @property {string} room empty for any room with a free seat
 * @property {boolean} isSpectator
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
    this.requestedRoom = '';
    this.lobby = new Lobby((room, isSpectator) => this.choose(room, isSpectator));
    this.newRoom = new NewRoom((room) => this.choose(room, false));
    this.feed = new RoomFeed(this.lobby);
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /**
   * Shows the menu.
   * @param {string} name initial value of the name field. If it is empty, the field shows the name in the settings
   * @param {string} requestedRoom the room in the URL; empty for any room
   */
  start(name, requestedRoom) {
    this.listening?.abort();
    this.listening = new AbortController();
    const { signal } = this.listening;
    this.root.hidden = false;
    this.requestedRoom = isRoomName(requestedRoom) ? requestedRoom : '';
    this.name.value = name || this.settings.values.name;
    setText(this.note, roomNote(requestedRoom));
    this.form.addEventListener('submit', (event) => this.handleSubmit(event), { signal });
    this.newRoom.start(signal);
    this.feed.start();
    if (!window.matchMedia('(pointer: coarse)').matches) this.name.select();
  }

  /** Hides the menu. */
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
    this.choose(this.requestedRoom, false);
  }

  /**
   * @param {string} room
   * @param {boolean} isSpectator
   */
  choose(room, isSpectator) {
    const name = truncatedName(this.name.value);
    if (this.name.value.trim() !== '') this.settings.set({ name });
    this.onChoice({ name, room, isSpectator });
  }
}

/** @param {string} requestedRoom */
function roomNote(requestedRoom) {
  if (isRoomName(requestedRoom)) return `You will join the room ${requestedRoom}.`;
  return `${requestedRoom ? 'Invalid room name. ' : ''}You will join a room with a free seat.`;
}

/**
 * Truncates a name to the maximum length. Returns the default name for a blank name. The server sanitizes names further.
 * @param {string} text
 */
export function truncatedName(text) {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(text.trim());
  const graphemes = Array.from(segments, ({ segment }) => segment).slice(0, GRAPHEMES_MAX);
  while (!isPlayerName(graphemes.join(''))) graphemes.pop();
  return graphemes.join('').trim() || NAME_DEFAULT;
}
