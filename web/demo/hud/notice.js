// @ts-check
// The notice in the middle: waiting for the server, destroyed and waiting for the next ship, connection ended.

import { element, write } from '../page.js';

/** How long a ship takes to come back. */
const RESPAWN_MS = 2000;

/** The notice. */
export class Notice {
  constructor() {
    this.root = element('notice', HTMLElement);
    this.title = element('notice-title', HTMLElement);
    this.text = element('notice-text', HTMLElement);
    this.ticks = element('notice-ticks', HTMLElement);
    this.fill = element('notice-fill', HTMLElement);
    this.choices = element('notice-choices', HTMLElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    const words = wordsFor(scene);
    this.root.hidden = words === null;
    if (words === null) return;
    write(this.title, words.title);
    write(this.text, words.text);
    this.ticks.hidden = scene.phase === 'closed';
    this.choices.hidden = scene.phase !== 'closed';
    this.fill.style.transform = scene.phase === 'dead' ? `scaleX(${1 - scene.respawnInMs / RESPAWN_MS})` : '';
  }
}

/**
 * @param {import('../scene.js').Scene} scene
 * @returns {{title: string, text: string} | null}
 */
function wordsFor({ phase, room, worldSize, killer, respawnInMs, closeText }) {
  if (phase === 'connecting') return { title: 'Connecting', text: room ? `Entering ${room}` : 'Looking for a free seat' };
  if (phase === 'closed') return { title: worldSize > 0 ? 'Out of the arena' : 'Not let in', text: sentence(closeText) };
  if (phase !== 'dead') return null;
  const seconds = (Math.max(respawnInMs, 0) / 1000).toFixed(1);
  return { title: killer ? `Destroyed by ${killer.name}` : 'You hit a rock', text: `Next ship in ${seconds} s` };
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed === '' ? '' : `${trimmed[0].toUpperCase()}${trimmed.slice(1)}.`;
}
