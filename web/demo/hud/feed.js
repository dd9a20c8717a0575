// @ts-check
// The event feed, newest first.

import { createElement, element } from '../dom.js';
import { textNodes } from '../page_texts.js';
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
    if (scene.isCut) this.clear();
    for (const item of scene.feedItems) this.add(item, nowMs);
    for (const { line, fromMs } of this.lines) line.classList.toggle('old', nowMs - fromMs > LINE_MS);
    const isExpired = (/** @type {number} */ fromMs) => nowMs - fromMs > LINE_MS + FADE_MS;
    while (this.lines.length > LINES_MAX || (this.lines.length > 0 && isExpired(this.lines[0].fromMs))) {
      this.lines.shift()?.line.remove();
    }
  }

  /** Removes all lines: after a jump, they would be of another time. */
  clear() {
    this.list.replaceChildren();
    this.lines = [];
  }

  /**
   * @param {import('../scene.js').FeedItem} item
   * @param {number} nowMs
   */
  add(item, nowMs) {
    const line = createElement('li', item.kind);
    line.append(...nodesOf(item));
    this.list.prepend(line);
    this.lines.push({ line, fromMs: nowMs });
  }
}

/** @param {import('../scene.js').FeedItem} item */
function nodesOf({ kind, player, killer }) {
  const name = nameOf(player);
  if (kind === 'join') return textNodes('feed.join', { player: name });
  if (kind === 'leave') return textNodes('feed.leave', { player: name });
  if (!killer) return textNodes(player.isOwn ? 'feed.ownCrash' : 'feed.crash', { victim: name });
  const key = killer.isOwn ? 'feed.ownKill' : player.isOwn ? 'feed.ownDeath' : 'feed.kill';
  return textNodes(key, { killer: nameOf(killer), victim: name });
}

/** @param {import('../scene.js').PlayerRef} player */
function nameOf(player) {
  const name = createElement('b', '', player.name);
  name.style.color = playerColour(player.player, player.isOwn);
  return name;
}
