// @ts-check
// Which rooms there are, who is in them, and ways in.

import { element, make, write } from '../page.js';

/**
 * What the server tells of a room.
 * @typedef {object} Listing
 * @property {string} name
 * @property {number} players
 * @property {number} seats
 * @property {number} spectators
 * @property {number} tick_rate
 */

const byName = new Intl.Collator('en', { numeric: true });

/** The list. */
export class Lobby {
  /** @param {(room: string, watches: boolean) => void} onChoice */
  constructor(onChoice) {
    this.onChoice = onChoice;
    this.list = element('rooms', HTMLUListElement);
    this.empty = element('rooms-empty', HTMLElement);
    this.note = element('lobby-note', HTMLElement);
    /** @type {Map<string, Row>} */
    this.rows = new Map();
    this.empty.hidden = true;
  }

  /** @param {Listing[]} rooms all there are */
  show(rooms) {
    const known = new Set(rooms.map(({ name }) => name));
    for (const [name, row] of this.rows) {
      if (known.has(name)) continue;
      row.root.remove();
      this.rows.delete(name);
    }
    rooms.sort((a, b) => byName.compare(a.name, b.name)).forEach((room, index) => this.row(room.name, index).show(room));
    this.empty.hidden = rooms.length > 0;
    write(this.note, 'live');
    this.note.classList.remove('lost');
  }

  /** The list is no longer kept up to date. */
  showLost() {
    write(this.note, 'no connection, trying again');
    this.note.classList.add('lost');
  }

  /**
   * The row of a room, in its place. Rows that stay are left alone: one of them may have the focus.
   * @param {string} name
   * @param {number} index
   */
  row(name, index) {
    const row = this.rows.get(name) ?? new Row(name, this.onChoice);
    this.rows.set(name, row);
    const there = this.list.children[index] ?? null;
    if (there !== row.root) this.list.insertBefore(row.root, there);
    return row;
  }
}

/** A room in the list. */
class Row {
  /**
   * @param {string} name
   * @param {(room: string, watches: boolean) => void} onChoice
   */
  constructor(name, onChoice) {
    this.root = make('li', '');
    this.about = make('p', 'about');
    this.taken = make('i', '');
    const seats = make('span', 'ticks');
    seats.append(this.taken);
    this.watch = button('Watch', `Watch the room ${name}`, 'secondary small', () => onChoice(name, true));
    this.join = button('Join', `Join the room ${name}`, 'small', () => onChoice(name, false));
    this.root.append(make('b', '', name), seats, this.about, this.watch, this.join);
  }

  /** @param {Listing} room */
  show({ players, seats, spectators, tick_rate: tickRate }) {
    const watching = spectators > 0 ? `, ${spectators} watching` : '';
    write(this.about, `${players} of ${seats} playing${watching}, ${tickRate} ticks/s`);
    this.taken.style.transform = `scaleX(${players / seats})`;
    this.join.disabled = players >= seats;
    write(this.join, players >= seats ? 'Full' : 'Join');
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
