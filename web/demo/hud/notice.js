// @ts-check
// The notice in the center of the page: connecting, respawning, connection lost, or disconnected. Its buttons depend on why the
// connection ended, because joining the same room again does not always help.

import { closeReason } from '../../netcode/index.js';
import { createElement, element, setText } from '../dom.js';

/** This text is not shown as a close reason, because the title of the notice already says the same. */
const LOST_TEXT = closeReason(1006).text;
/** Duration of an interruption after which the notice appears. */
const NOTICE_DELAY_MS = 400;
/** A wait for the next attempt is shown only if it is at least this long. A shorter countdown would only flicker. */
const SHOWN_WAIT_MS_MIN = 1000;

/** Close codes for which the notice has special buttons. */
export const VERSION_MISMATCH = 4001;
const ROOM_FULL = 4003;
const TICKET_REQUIRED = 4009;

/**
 * What a button does.
 * @typedef {object} NoticeActions
 * @property {() => void} retry reconnects now
 * @property {() => void} again joins the same room again
 * @property {() => void} watch watches the same room
 * @property {() => void} another joins another room
 * @property {() => void} reload reloads the page
 * @property {() => void} leave shows the menu
 */

/** @typedef {readonly (readonly [action: keyof NoticeActions, label: string])[]} Choices */

/** @type {Readonly<Record<string, Choices>>} */
const CHOICES = Object.freeze({
  none: [],
  reconnecting: [['retry', 'Retry now'], ['leave', 'Leave']],
  versionMismatch: [['reload', 'Reload'], ['leave', 'Menu']],
  fullForPlayers: [['watch', 'Watch'], ['another', 'Another room'], ['again', 'Try again']],
  fullForSpectators: [['again', 'Try again'], ['leave', 'Menu']],
  ticketRequired: [['leave', 'Menu']],
  playingEnded: [['again', 'Play again'], ['leave', 'Menu']],
  watchingEnded: [['again', 'Watch again'], ['leave', 'Menu']],
});

/** The notice. */
export class Notice {
  /** @param {NoticeActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = element('notice', HTMLElement);
    this.title = element('notice-title', HTMLElement);
    this.text = element('notice-text', HTMLElement);
    this.ticks = element('notice-ticks', HTMLElement);
    this.fill = element('notice-fill', HTMLElement);
    this.buttons = element('notice-choices', HTMLElement);
    this.shownChoices = CHOICES.none;
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
    this.showButtons(choicesFor(scene));
  }

  /** Shows the buttons. Keeps unchanged buttons, because one of them may have the focus. @param {Choices} choices */
  showButtons(choices) {
    if (choices === this.shownChoices) return;
    this.shownChoices = choices;
    this.buttons.hidden = choices.length === 0;
    this.buttons.replaceChildren(...choices.map(([action, label], index) => {
      const button = createElement('button', index === 0 ? '' : 'secondary', label);
      button.setAttribute('type', 'button');
      button.addEventListener('click', () => this.actions[action]());
      return button;
    }));
  }
}

/** @param {import('../scene.js').Scene} scene @returns {Choices} */
function choicesFor({ phase, closeCode, isSpectator }) {
  if (phase === 'reconnecting') return CHOICES.reconnecting;
  if (phase !== 'closed') return CHOICES.none;
  if (closeCode === VERSION_MISMATCH) return CHOICES.versionMismatch;
  if (closeCode === TICKET_REQUIRED) return CHOICES.ticketRequired;
  if (closeCode === ROOM_FULL) return isSpectator ? CHOICES.fullForSpectators : CHOICES.fullForPlayers;
  return isSpectator ? CHOICES.watchingEnded : CHOICES.playingEnded;
}

/**
 * Elapsed fraction of the wait for the respawn or for the next reconnection attempt, from 0 to 1. `null` if no such wait is
 * shown.
 * @param {import('../scene.js').Scene} scene
 */
function progressOf({ phase, respawnInMs, respawnMs, reconnection }) {
  if (phase === 'dead') return 1 - respawnInMs / respawnMs;
  return reconnection && isWaiting(reconnection) ? 1 - reconnection.inMs / reconnection.delayMs : null;
}

/**
 * @param {import('../scene.js').Scene} scene
 * @returns {{title: string, text: string} | null}
 */
function messageFor(scene) {
  const { phase, room, worldSize, killer, respawnInMs, reconnection, snapshotAgeMs, closeText } = scene;
  if (phase === 'connecting') return { title: 'Connecting', text: room ? `Joining room ${room}` : 'Looking for a room' };
  if (phase === 'closed') return closedMessage(scene);
  if (reconnection) {
    const title = worldSize > 0 ? 'Connection lost' : 'Could not connect';
    const reason = closeText === LOST_TEXT ? '' : sentence(closeText);
    return snapshotAgeMs > NOTICE_DELAY_MS ? { title, text: `${reason} ${attemptText(reconnection)}`.trim() } : null;
  }
  if (phase !== 'dead') return null;
  const seconds = (Math.max(respawnInMs, 0) / 1000).toFixed(1);
  return { title: killer ? `Destroyed by ${killer.name}` : 'You hit a rock', text: `Respawning in ${seconds} s` };
}

/** @param {import('../scene.js').Scene} scene */
function closedMessage({ worldSize, closeCode, closeText }) {
  if (closeCode === VERSION_MISMATCH) {
    return { title: 'The game was updated', text: 'Reload the page to get the version that the server runs.' };
  }
  return { title: worldSize > 0 ? 'Disconnected' : 'Could not join', text: sentence(closeText) };
}

/** @param {import('../scene.js').Reconnection} reconnection */
function attemptText(reconnection) {
  const { attempt, inMs } = reconnection;
  if (!isWaiting(reconnection)) return attempt > 1 ? `Reconnecting (attempt ${attempt}).` : 'Reconnecting.';
  const seconds = Math.max(Math.ceil(inMs / 1000), 1);
  return `Reconnecting in ${seconds} s${attempt > 1 ? ` (attempt ${attempt})` : ''}.`;
}

/** Whether to show the wait for the next attempt. @param {import('../scene.js').Reconnection} reconnection */
function isWaiting({ inMs, delayMs }) {
  return inMs > 0 && delayMs >= SHOWN_WAIT_MS_MIN;
}

/** @param {string} text */
function sentence(text) {
  const trimmed = text.trim().replace(/\.$/, '');
  return trimmed === '' ? '' : `${trimmed[0].toUpperCase()}${trimmed.slice(1)}.`;
}
