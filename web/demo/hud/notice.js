// @ts-check
// The notice in the middle: waiting for the server, destroyed and waiting for the next ship, connection lost or ended.

import { closeReason } from '../../netcode/index.js';
import { element, write } from '../page.js';

/** What need not be said twice. */
const LOST = closeReason(1006).text;
/** A connection that is back after so long is not spoken of. */
const UNNOTICED_MS = 400;

/** The notice. */
export class Notice {
  constructor() {
    this.root = element('notice', HTMLElement);
    this.title = element('notice-title', HTMLElement);
    this.text = element('notice-text', HTMLElement);
    this.ticks = element('notice-ticks', HTMLElement);
    this.fill = element('notice-fill', HTMLElement);
    this.choices = element('notice-choices', HTMLElement);
    this.again = element('again', HTMLButtonElement);
    this.leave = element('rename', HTMLButtonElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    const words = wordsFor(scene);
    this.root.hidden = words === null;
    if (words === null) return;
    write(this.title, words.title);
    write(this.text, words.text);
    const part = filledPart(scene);
    this.ticks.hidden = scene.phase === 'closed';
    this.root.classList.toggle('busy', part === null);
    this.fill.style.transform = part === null ? '' : `scaleX(${part})`;
    this.showChoices(scene);
  }

  /** @param {import('../scene.js').Scene} scene */
  showChoices({ phase }) {
    const isOver = phase === 'closed';
    this.choices.hidden = !isOver && phase !== 'returning';
    this.again.hidden = !isOver;
    write(this.leave, isOver ? 'Change name' : 'Leave');
  }
}

/**
 * How much of what is waited for is over, from 0 to 1, where that is known.
 * @param {import('../scene.js').Scene} scene
 */
function filledPart({ phase, respawnInMs, respawnMs, comeback }) {
  if (phase === 'dead') return 1 - respawnInMs / respawnMs;
  return comeback && comeback.inMs > 0 ? 1 - comeback.inMs / comeback.ofMs : null;
}

/**
 * @param {import('../scene.js').Scene} scene
 * @returns {{title: string, text: string} | null}
 */
function wordsFor({ phase, room, worldSize, killer, respawnInMs, comeback, silentMs, closeText }) {
  if (phase === 'connecting') return { title: 'Connecting', text: room ? `Entering ${room}` : 'Looking for a free seat' };
  if (phase === 'closed') return { title: worldSize > 0 ? 'Out of the arena' : 'Not let in', text: sentence(closeText) };
  if (comeback) {
    const title = worldSize > 0 ? 'Connection lost' : 'No answer yet';
    const why = closeText === LOST ? '' : sentence(closeText);
    return silentMs > UNNOTICED_MS ? { title, text: `${why} ${returnText(comeback)}`.trim() } : null;
  }
  if (phase !== 'dead') return null;
  const seconds = (Math.max(respawnInMs, 0) / 1000).toFixed(1);
  return { title: killer ? `Destroyed by ${killer.name}` : 'You hit a rock', text: `Next ship in ${seconds} s` };
}

/** @param {import('../scene.js').Return} comeback */
function returnText({ attempt, inMs }) {
  if (inMs === 0) return attempt > 1 ? `Attempt ${attempt} to come back.` : 'Coming back.';
  const seconds = Math.max(Math.ceil(inMs / 1000), 1);
  return `${attempt > 1 ? `Attempt ${attempt}` : 'Coming back'} in ${seconds} s.`;
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed === '' ? '' : `${trimmed[0].toUpperCase()}${trimmed.slice(1)}.`;
}
