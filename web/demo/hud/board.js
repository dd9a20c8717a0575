// @ts-check
// The leaderboard: the best eight, and one's own row if one is not among them.

import { element, make, write } from '../page.js';
import { playerColour } from '../theme.js';

const ROWS = 8;
/** Numbers that change with every frame cannot be read. */
const EVERY_MS = 200;

/** @typedef {{rank: number, member: import('../scene.js').MemberView}} Row */

/** The leaderboard. */
export class Board {
  constructor() {
    this.list = element('board', HTMLOListElement);
    this.shownMs = -Infinity;
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  show(scene, nowMs) {
    if (nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    const rows = rowsOf(scene.members);
    while (this.list.children.length > rows.length) this.list.lastElementChild?.remove();
    while (this.list.children.length < rows.length) this.list.append(emptyRow());
    rows.forEach((row, index) => fill(this.list.children[index], row));
  }
}

/**
 * @param {import('../scene.js').MemberView[]} members
 * @returns {Row[]}
 */
function rowsOf(members) {
  const ranked = members.map((member, index) => ({ rank: index + 1, member }));
  return ranked.filter(({ rank, member }) => rank <= ROWS || member.isOwn);
}

function emptyRow() {
  const row = make('li', '');
  row.append(make('span', 'rank'), make('i', 'chip'), make('span', 'name'), make('span', 'points'));
  return row;
}

/**
 * @param {Element} element
 * @param {Row} row
 */
function fill(element, { rank, member }) {
  const [place, chip, name, points] = element.children;
  element.className = [member.isOwn && 'own', member.isDrone && 'drone', rank > ROWS && 'apart'].filter(Boolean).join(' ');
  write(place, String(rank));
  write(name, member.name);
  write(points, member.score.toLocaleString('en'));
  if (chip instanceof HTMLElement) chip.style.backgroundColor = playerColour(member.player, member.isOwn);
}
