// @ts-check
// What happened to whom, newest first.

import { element, make } from '../page.js';
import { playerColour } from '../theme.js';

const LINES_MAX = 6;
const LINE_MS = 7000;
/** How long a line takes to fade, as in style.css. */
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
    for (const news of scene.news) this.add(news, nowMs);
    for (const { line, fromMs } of this.lines) line.classList.toggle('old', nowMs - fromMs > LINE_MS);
    const isOver = (/** @type {number} */ fromMs) => nowMs - fromMs > LINE_MS + FADE_MS;
    while (this.lines.length > LINES_MAX || (this.lines.length > 0 && isOver(this.lines[0].fromMs))) {
      this.lines.shift()?.line.remove();
    }
  }

  /**
   * @param {import('../scene.js').News} news
   * @param {number} nowMs
   */
  add(news, nowMs) {
    const line = make('li', news.kind);
    line.append(...words(news));
    this.list.prepend(line);
    this.lines.push({ line, fromMs: nowMs });
  }
}

/**
 * @param {import('../scene.js').News} news
 * @returns {(HTMLElement | string)[]}
 */
function words({ kind, who, by }) {
  if (kind === 'kill' && by) return [actor(by, 'You'), ' destroyed ', actor(who, 'you')];
  if (kind === 'crash') return [actor(who, 'You'), ' hit a rock'];
  return [actor(who, 'You'), kind === 'join' ? ' joined' : ' left'];
}

/**
 * @param {import('../scene.js').Actor} who
 * @param {string} self what oneself is called here
 */
function actor(who, self) {
  const name = make('b', '', who.isOwn ? self : who.name);
  name.style.color = playerColour(who.player, who.isOwn);
  return name;
}
