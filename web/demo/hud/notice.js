// @ts-check
// The notice in the center of the page: connecting, respawning, connection lost, or disconnected.

import { closeReason } from '../../netcode/index.js';
import { element, setText } from '../dom.js';

/** This text is not shown as a close reason, because the title of the notice already says the same. */
const LOST_TEXT = closeReason(1006).text;
/** Duration of an interruption after which the notice appears. */
const NOTICE_DELAY_MS = 400;

/** The notice. */
export class Notice {
  constructor() {
    this.root = element('notice', HTMLElement);
    this.title = element('notice-title', HTMLElement);
    this.text = element('notice-text', HTMLElement);
    this.ticks = element('notice-ticks', HTMLElement);
    this.fill = element('notice-fill', HTMLElement);
    this.buttons = element('notice-choices', HTMLElement);
    this.again = element('again', HTMLButtonElement);
    this.leave = element('rename', HTMLButtonElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    const message = messageFor(scene);
    this.root.hidden = message === null;
    if (message === null) return;
    setText(this.title, message.title);
    setText(this.text, message.text);
    const progress = progressOf(scene);
    this.ticks.hidden = scene.phase === 'closed';
    this.root.classList.toggle('busy', progress === null);
    this.fill.style.transform = progress === null ? '' : `scaleX(${progress})`;
    this.showButtons(scene);
  }

  /** @param {import('../scene.js').Scene} scene */
  showButtons({ phase }) {
    const isClosed = phase === 'closed';
    this.buttons.hidden = !isClosed && phase !== 'reconnecting';
    this.again.hidden = !isClosed;
    setText(this.leave, isClosed ? 'Change name' : 'Leave');
  }
}

/**
 * Elapsed fraction of the wait for the respawn or for the next reconnection attempt, from 0 to 1. `null` if neither is
 * awaited.
 * @param {import('../scene.js').Scene} scene
 */
function progressOf({ phase, respawnInMs, respawnMs, reconnection }) {
  if (phase === 'dead') return 1 - respawnInMs / respawnMs;
  return reconnection && reconnection.inMs > 0 ? 1 - reconnection.inMs / reconnection.delayMs : null;
}

/**
 * @param {import('../scene.js').Scene} scene
 * @returns {{title: string, text: string} | null}
 */
function messageFor({ phase, room, worldSize, killer, respawnInMs, reconnection, snapshotAgeMs, closeText }) {
  if (phase === 'connecting') return { title: 'Connecting', text: room ? `Joining room ${room}` : 'Looking for a room' };
  if (phase === 'closed') return { title: worldSize > 0 ? 'Disconnected' : 'Could not join', text: sentence(closeText) };
  if (reconnection) {
    const title = worldSize > 0 ? 'Connection lost' : 'Could not connect';
    const reason = closeText === LOST_TEXT ? '' : sentence(closeText);
    return snapshotAgeMs > NOTICE_DELAY_MS ? { title, text: `${reason} ${attemptText(reconnection)}`.trim() } : null;
  }
  if (phase !== 'dead') return null;
  const seconds = (Math.max(respawnInMs, 0) / 1000).toFixed(1);
  return { title: killer ? `Destroyed by ${killer.name}` : 'You hit a rock', text: `Respawning in ${seconds} s` };
}

/** @param {import('../scene.js').Reconnection} reconnection */
function attemptText({ attempt, inMs }) {
  if (inMs === 0) return attempt > 1 ? `Reconnecting (attempt ${attempt}).` : 'Reconnecting.';
  const seconds = Math.max(Math.ceil(inMs / 1000), 1);
  return `Reconnecting in ${seconds} s${attempt > 1 ? ` (attempt ${attempt})` : ''}.`;
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed === '' ? '' : `${trimmed[0].toUpperCase()}${trimmed.slice(1)}.`;
}
