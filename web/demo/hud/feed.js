// @ts-check
// The event feed, newest first.

import { createElement, element } from '../dom.js';
import { playerColour } from '../theme.js';

const LINES_MAX = 6;
const LINE_MS = 7000;
/** Duration of the fade-out of an old line, as in hud.css. */
const FADE_MS = 600;

/** The feed. */
export class Feed {
  constructor() {
    this.list = element('feed', HTMLUListElement);
    /** @type {{line: HTMLElement, fromMs: number}[]} */
    this.lines = [];
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  show(scene, nowMs) {
    for (const item of scene.feedItems) this.add(item, nowMs);
    for (const { line, fromMs } of this.lines) line.classList.toggle('old', nowMs - fromMs > LINE_MS);
    const isExpired = (/** @type {number} */ fromMs) => nowMs - fromMs > LINE_MS + FADE_MS;
    while (this.lines.length > LINES_MAX || (this.lines.length > 0 && isExpired(this.lines[0].fromMs))) {
      this.lines.shift()?.line.remove();
    }
  }

  /**
   * @param {import('../scene.js').FeedItem} item
   * @param {number} nowMs
   */
  add(item, nowMs) {
    const line = createElement('li', item.kind);
    line.append(...textOf(item));
    this.list.prepend(line);
    this.lines.push({ line, fromMs: nowMs });
  }
}

/**
 * @param {import('../scene.js').FeedItem} item
 * @returns {(HTMLElement | string)[]}
 */
function textOf({ kind, player, killer }) {
  if (kind === 'kill' && killer) return [nameOf(killer, 'You'), ' destroyed ', nameOf(player, 'you')];
  if (kind === 'crash') return [nameOf(player, 'You'), ' hit a rock'];
  return [nameOf(player, 'You'), kind === 'join' ? ' joined' : ' left'];
}

/**
 * @param {import('../scene.js').PlayerRef} player
 * @param {string} you the pronoun for the local player
 */
function nameOf(player, you) {
  const name = createElement('b', '', player.isOwn ? you : player.name);
  name.style.color = playerColour(player.player, player.isOwn);
  return name;
}
