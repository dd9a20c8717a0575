// @ts-check
// The start menu: asks for a name and lists the rooms.

import { isPlayerName, isRoomName } from '../netcode/index.js';
import { FinishedMatches } from './menu/finished_matches.js';
import { Lobby } from './menu/lobby.js';
import { NewRoom } from './menu/new_room.js';
import { OwnProfile } from './menu/own_profile.js';
import { RoomFeed } from './menu/room_feed.js';
import { element, setText } from './dom.js';
import { roomTitle } from './room_title.js';
import { text } from './texts.js';

const GRAPHEMES_MAX = 16;

/**
 * The player's choice.
 * @typedef {object} Choice
 * @property {string} name the player's name
 * @property {string} room empty for any room with a free seat
 * @property {boolean} isSpectator
 * @property {ReplayChoice | null} [replay] the replay to watch instead of a room
 */

/**
 * `which` is the id of a match or the name of its room. `tick` is where to start; empty for the default.
 * @typedef {{which: string, tick: string}} ReplayChoice
 */

/** The menu. */
export class Menu {
  /**
   * @param {import('./settings.js').Settings} settings
   * @param {(choice: Choice) => void} onChoice
   * @param {import('./profile_api.js').ProfileApi} profileApi
   * @param {string | null} ticket
   */
  constructor(settings, onChoice, profileApi, ticket) {
    this.settings = settings;
    this.onChoice = onChoice;
    this.root = element('menu', HTMLElement);
    this.form = element('join', HTMLFormElement);
    this.name = element('name', HTMLInputElement);
    this.note = element('menu-room', HTMLElement);
    this.requestedRoom = '';
    const watchReplay = (/** @type {string} */ which) => this.choose('', true, { which, tick: '' });
    this.lobby = new Lobby((room, isSpectator) => this.choose(room, isSpectator), watchReplay);
    this.finished = new FinishedMatches(ticket, watchReplay);
    this.newRoom = new NewRoom((room) => this.choose(room, false));
    this.feed = new RoomFeed(this.lobby);
    this.ownProfile = new OwnProfile(profileApi);
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
    this.ownProfile.start();
    this.finished.start();
    if (!window.matchMedia('(pointer: coarse)').matches) this.name.select();
  }

  /** Hides the menu. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.feed.stop();
    this.ownProfile.stop();
    this.finished.stop();
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
   * @param {ReplayChoice | null} [replay]
   */
  choose(room, isSpectator, replay = null) {
    const name = truncatedName(this.name.value);
    if (this.name.value.trim() !== '') this.settings.set({ name });
    this.onChoice({ name, room, isSpectator, replay });
  }
}

/** @param {string} requestedRoom */
function roomNote(requestedRoom) {
  if (isRoomName(requestedRoom)) return text('menu.room', { room: roomTitle(requestedRoom) });
  return text(requestedRoom ? 'menu.invalidRoom' : 'menu.anyRoom');
}

/**
 * Truncates a name to the maximum length. Returns the default name for a blank name. The server sanitizes names further.
 * @param {string} name
 */
export function truncatedName(name) {
  const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim());
  const graphemes = Array.from(segments, ({ segment }) => segment).slice(0, GRAPHEMES_MAX);
  while (!isPlayerName(graphemes.join(''))) graphemes.pop();
  return graphemes.join('').trim() || text('menu.defaultName');
}
