// @ts-check
// The leaderboard: the best eight players, followed by the local player unless that player is among them.

import { createElement, element, setText } from '../dom.js';
import { numberText } from '../texts.js';
import { playerColour } from '../theme.js';

const ROWS_MAX = 8;
/** Update interval. Numbers that change every frame would be unreadable. */
const UPDATE_INTERVAL_MS = 200;

/** @typedef {{rank: number, player: import('../scene.js').PlayerView}} Row */

/** The leaderboard. */
export class Leaderboard {
  constructor() {
    this.list = element('board', HTMLOListElement);
    this.updatedMs = -Infinity;
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  show(scene, nowMs) {
    if (nowMs - this.updatedMs < UPDATE_INTERVAL_MS) return;
    this.updatedMs = nowMs;
    const rows = rowsOf(scene.players);
    while (this.list.children.length > rows.length) this.list.lastElementChild?.remove();
    while (this.list.children.length < rows.length) this.list.append(emptyRow());
    rows.forEach((row, index) => fill(this.list.children[index], row));
  }
}

/**
 * @param {import('../scene.js').PlayerView[]} players
 * @returns {Row[]}
 */
function rowsOf(players) {
  const ranked = players.map((player, index) => ({ rank: index + 1, player }));
  return ranked.filter(({ rank, player }) => rank <= ROWS_MAX || player.isOwn);
}

function emptyRow() {
  const row = createElement('li', '');
  row.append(createElement('span', 'rank'), createElement('i', 'chip'));
  row.append(createElement('span', 'name'), createElement('span', 'points'));
  return row;
}

/**
 * @param {Element} element
 * @param {Row} row
 */
function fill(element, { rank, player }) {
  const [rankCell, chip, name, score] = element.children;
  const classes = [player.isOwn && 'own', player.isAi && 'ai', player.isLeader && 'leader', rank > ROWS_MAX && 'apart'];
  element.className = classes.filter(Boolean).join(' ');
  setText(rankCell, numberText(rank));
  setText(name, player.name);
  setText(score, numberText(player.score));
  if (chip instanceof HTMLElement) chip.style.backgroundColor = playerColour(player.player, player.isOwn);
}
