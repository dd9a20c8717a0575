// @ts-check
// The notice in the center of the page: connecting, respawning, connection lost, or disconnected. Its buttons depend on why the
// connection ended, because joining the same room again does not always help.

import { createElement, element, setText } from '../dom.js';
import { hasText, numberText, text } from '../texts.js';

/** This code is not explained while the page reconnects, because the title of the notice already says the same. */
const CONNECTION_LOST = 1006;
/** Duration of an interruption after which the notice appears. */
const NOTICE_DELAY_MS = 400;
/** A wait for the next attempt is shown only if it is at least this long. A shorter countdown would only flicker. */
const SHOWN_WAIT_MS_MIN = 1000;

/** Close codes for which the notice has special buttons. */
export const VERSION_MISMATCH = 4001;
const ROOM_FULL = 4003;
const ROOM_CLOSED = 4004;
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

/** @typedef {readonly (readonly [action: keyof NoticeActions, key: string])[]} Choices */

/** @type {Readonly<Record<string, Choices>>} */
const CHOICES = Object.freeze({
  none: [],
  reconnecting: [['retry', 'notice.retryNow'], ['leave', 'common.leave']],
  versionMismatch: [['reload', 'notice.reload'], ['leave', 'notice.menu']],
  fullForPlayers: [['watch', 'common.watch'], ['another', 'notice.anotherRoom'], ['again', 'notice.tryAgain']],
  fullForSpectators: [['again', 'notice.tryAgain'], ['leave', 'notice.menu']],
  ticketRequired: [['leave', 'notice.menu']],
  playingEnded: [['again', 'notice.playAgain'], ['leave', 'notice.menu']],
  watchingEnded: [['again', 'notice.watchAgain'], ['leave', 'notice.menu']],
});

/** The notice. */
export class Notice {
  /** @param {NoticeActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = element('notice', HTMLElement);
    this.title = element('notice-title', HTMLElement);
    this.text = element('notice-text', HTMLElement);
    this.life = element('notice-life', HTMLElement);
    this.best = element('notice-best', HTMLElement);
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
    setText(this.life, scene.lifeText);
    this.life.hidden = scene.lifeText === '';
    setText(this.best, scene.bestText);
    this.best.hidden = scene.bestText === '';
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
    this.buttons.replaceChildren(...choices.map(([action, key], index) => {
      const button = createElement('button', index === 0 ? '' : 'secondary', text(key));
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
  const { phase, room, replay, worldSize, killer, respawnInMs, reconnection, snapshotAgeMs, closeCode } = scene;
  if (phase === 'connecting' && replay) return { title: text('notice.loadingReplay'), text: '' };
  if (phase === 'connecting') {
    const joining = room ? text('notice.joining', { room }) : text('notice.lookingForRoom');
    return { title: text('notice.connecting'), text: joining };
  }
  if (phase === 'closed') return closedMessage(scene);
  if (reconnection) {
    const title = text(worldSize > 0 ? 'notice.lost' : 'notice.couldNotConnect');
    const reason = closeCode === CONNECTION_LOST ? '' : reasonText(closeCode);
    return snapshotAgeMs > NOTICE_DELAY_MS ? { title, text: `${reason} ${attemptText(reconnection)}`.trim() } : null;
  }
  if (phase !== 'dead') return null;
  const seconds = numberText(Math.max(respawnInMs, 0) / 1000, 1);
  const title = killer ? text('notice.destroyedBy', { name: killer.name }) : text('notice.crashed');
  return { title, text: text('notice.respawn', { seconds }) };
}

/** @param {import('../scene.js').Scene} scene */
function closedMessage({ worldSize, closeCode, replay }) {
  if (closeCode === VERSION_MISMATCH) {
    return { title: text('notice.updated'), text: text('notice.updatedText') };
  }
  if (replay && closeCode === ROOM_CLOSED) {
    return { title: text('notice.noReplay'), text: text('notice.noReplayText') };
  }
  const failed = replay ? 'notice.replayFailed' : 'notice.joinFailed';
  return { title: text(worldSize > 0 ? 'notice.disconnected' : failed), text: reasonText(closeCode) };
}

/** @param {import('../scene.js').Reconnection} reconnection */
function attemptText(reconnection) {
  const { attempt, inMs } = reconnection;
  if (!isWaiting(reconnection)) return text(attempt > 1 ? 'notice.reconnectingAgain' : 'notice.reconnecting', { attempt });
  const seconds = Math.max(Math.ceil(inMs / 1000), 1);
  return text(attempt > 1 ? 'notice.reconnectingAgainIn' : 'notice.reconnectingIn', { seconds, attempt });
}

/** Whether to show the wait for the next attempt. @param {import('../scene.js').Reconnection} reconnection */
function isWaiting({ inMs, delayMs }) {
  return inMs > 0 && delayMs >= SHOWN_WAIT_MS_MIN;
}

/** Explains a close code. @param {number | null} code */
function reasonText(code) {
  if (code === null) return '';
  const key = `close.${code}`;
  return hasText(key) ? text(key) : text('close.other', { code: String(code) });
}
