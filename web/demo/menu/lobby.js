// @ts-check
// The list of rooms.

import { createElement, element, setText } from '../dom.js';
import { joined, text } from '../texts.js';

/**
 * The server's summary of a room.
 * @typedef {object} RoomSummary
 * @property {string} name
 * @property {number} players
 * @property {number} seats
 * @property {number} spectators
 * @property {number} tick_rate
 * @property {boolean} [replay] whether there is a replay to watch
 * @property {boolean} [locked] whether the room admits no new clients
 */

const byName = new Intl.Collator('en', { numeric: true });

/** The list of rooms, with buttons to join or watch. */
export class Lobby {
  /**
   * @param {(room: string, isSpectator: boolean) => void} onChoice
   * @param {(room: string) => void} onReplay
   */
  constructor(onChoice, onReplay) {
    this.onChoice = onChoice;
    this.onReplay = onReplay;
    this.list = element('rooms', HTMLUListElement);
    this.empty = element('rooms-empty', HTMLElement);
    this.note = element('lobby-note', HTMLElement);
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.empty.hidden = true;
  }

  /** @param {RoomSummary[]} rooms the rooms to list */
  show(rooms) {
    const known = new Set(rooms.map(({ name }) => name));
    for (const [name, row] of this.rows) {
      if (known.has(name)) continue;
      row.root.remove();
      this.rows.delete(name);
    }
    rooms.sort((a, b) => byName.compare(a.name, b.name)).forEach((room, index) => this.row(room.name, index).show(room));
    this.empty.hidden = rooms.length > 0;
    setText(this.note, text('lobby.live'));
    this.note.classList.remove('lost');
  }

  /** Shows that the list is no longer updated. */
  showDisconnected() {
    setText(this.note, text('lobby.disconnected'));
    this.note.classList.add('lost');
  }

  /**
   * Moves the row of a room to `index` and returns it. An existing row is reused, because it may have the focus.
   * @param {string} name
   * @param {number} index
   */
  row(name, index) {
    const row = this.rows.get(name) ?? new Row(name, this.onChoice, this.onReplay);
    this.rows.set(name, row);
    const current = this.list.children[index] ?? null;
    if (current !== row.root) this.list.insertBefore(row.root, current);
    return row;
  }
}

/** The row of a room. */
class Row {
  /**
   * @param {string} room its name
   * @param {(room: string, isSpectator: boolean) => void} onChoice
   * @param {(room: string) => void} onReplay
   */
  constructor(room, onChoice, onReplay) {
    this.root = createElement('li', '');
    this.details = createElement('p', 'about');
    this.taken = createElement('i', '');
    const seats = createElement('span', 'ticks');
    seats.append(this.taken);
    this.replay = button('lobby.replay', text('lobby.replayRoom', { room }), 'plain', () => onReplay(room));
    this.watch = button('common.watch', text('lobby.watchRoom', { room }), 'secondary small', () => onChoice(room, true));
    this.join = button('lobby.join', text('lobby.joinRoom', { room }), 'small', () => onChoice(room, false));
    const title = createElement('b', '', room);
    title.title = room;
    const line = createElement('div', 'line');
    line.append(this.details, this.replay);
    this.root.append(title, seats, line, this.watch, this.join);
  }

  /** @param {RoomSummary} room */
  show({ players, seats, spectators, tick_rate: tickRate, replay = false, locked = false }) {
    const playing = text('lobby.playing', { players, seats });
    const watching = spectators > 0 ? text('lobby.watching', { spectators }) : '';
    setText(this.details, joined(playing, watching, text('lobby.tickRate', { rate: tickRate })));
    this.taken.style.transform = `scaleX(${players / seats})`;
    this.replay.hidden = !replay;
    this.join.disabled = locked || players >= seats;
    this.watch.disabled = locked;
    setText(this.join, text(locked ? 'lobby.locked' : players >= seats ? 'lobby.full' : 'lobby.join'));
  }
}

/**
 * @param {string} key of the text
 * @param {string} label
 * @param {string} className
 * @param {() => void} onClick
 */
function button(key, label, className, onClick) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = className;
  made.textContent = text(key);
  made.setAttribute('aria-label', label);
  made.addEventListener('click', onClick);
  return made;
}
