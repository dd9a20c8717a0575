// @ts-check
// The list of rooms.

import { createElement, element, setText } from '../dom.js';

/**
 * The server's summary of a room.
 * @typedef {object} RoomSummary
 * @property {string} name
 * @property {number} players
 * @property {number} seats
 * @property {number} spectators
 * @property {number} tick_rate
 */

const byName = new Intl.Collator('en', { numeric: true });

/** The list of rooms, with buttons to join or watch. */
export class Lobby {
  /** @param {(room: string, isSpectator: boolean) => void} onChoice */
  constructor(onChoice) {
    this.onChoice = onChoice;
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
    setText(this.note, 'live');
    this.note.classList.remove('lost');
  }

  /** Shows that the list is no longer updated. */
  showDisconnected() {
    setText(this.note, 'disconnected, retrying');
    this.note.classList.add('lost');
  }

  /**
   * Moves the row of a room to `index` and returns it. An existing row is reused, because it may have the focus.
   * @param {string} name
   * @param {number} index
   */
  row(name, index) {
    const row = this.rows.get(name) ?? new Row(name, this.onChoice);
    this.rows.set(name, row);
    const current = this.list.children[index] ?? null;
    if (current !== row.root) this.list.insertBefore(row.root, current);
    return row;
  }
}

/** The row of a room. */
class Row {
  /**
   * @param {string} name
   * @param {(room: string, isSpectator: boolean) => void} onChoice
   */
  constructor(name, onChoice) {
    this.root = createElement('li', '');
    this.details = createElement('p', 'about');
    this.taken = createElement('i', '');
    const seats = createElement('span', 'ticks');
    seats.append(this.taken);
    this.watch = button('Watch', `Watch the room ${name}`, 'secondary small', () => onChoice(name, true));
    this.join = button('Join', `Join the room ${name}`, 'small', () => onChoice(name, false));
    const title = createElement('b', '', name);
    title.title = name;
    this.root.append(title, seats, this.details, this.watch, this.join);
  }

  /** @param {RoomSummary} room */
  show({ players, seats, spectators, tick_rate: tickRate }) {
    const spectatorText = spectators > 0 ? `, ${spectators} watching` : '';
    setText(this.details, `${players} of ${seats} playing${spectatorText}, ${tickRate} ticks/s`);
    this.taken.style.transform = `scaleX(${players / seats})`;
    this.join.disabled = players >= seats;
    setText(this.join, players >= seats ? 'Full' : 'Join');
  }
}

/**
 * @param {string} text
 * @param {string} label
 * @param {string} className
 * @param {() => void} onClick
 */
function button(text, label, className, onClick) {
  const made = document.createElement('button');
  made.type = 'button';
  made.className = className;
  made.textContent = text;
  made.setAttribute('aria-label', label);
  made.addEventListener('click', onClick);
  return made;
}
