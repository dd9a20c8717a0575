// @ts-check
// The menu during a game: resume, change the name, open the other panels, or leave. The "Leave" button of the toolbar opens
// this menu, which warns that the player loses the ship and the score.

import { element, setText } from '../dom.js';
import { roomTitle } from '../room_title.js';
import { truncatedName } from '../menu.js';
import { text } from '../texts.js';

/**
 * @typedef {object} GameMenuActions
 * @property {(name: string) => void} onRename
 * @property {() => void} onLeave
 * @property {Readonly<Record<string, () => void>>} panels functions that open the other panels, by the ids of their buttons
 */

/** The menu during a game. */
export class GameMenu {
  /** @param {GameMenuActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.dialog = element('game-menu', HTMLDialogElement);
    this.room = element('game-menu-room', HTMLElement);
    this.note = element('game-menu-note', HTMLElement);
    this.form = element('change-name', HTMLFormElement);
    this.name = element('change-name-to', HTMLInputElement);
    this.leaveNote = element('game-menu-leave-note', HTMLElement);
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    const { onRename, onLeave, panels } = this.actions;
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.close(() => onRename(truncatedName(this.name.value)));
    });
    for (const [id, act] of Object.entries({ ...panels, 'game-menu-resume': () => {}, 'game-menu-leave': onLeave })) {
      element(id, HTMLButtonElement).addEventListener('click', () => this.close(act));
    }
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {string} name the player's name
   */
  open({ room, isSpectator, players, replay }, name) {
    const score = players.find(({ isOwn }) => isOwn)?.score ?? 0;
    setText(this.room, roomTitle(room));
    this.name.value = name;
    this.note.hidden = replay !== null;
    this.form.hidden = isSpectator;
    this.leaveNote.hidden = isSpectator;
    setText(this.leaveNote, text(score > 0 ? 'game.loseScore' : 'game.loseShip', { score }));
    this.dialog.showModal();
  }

  /** @param {() => void} act what to do next */
  close(act) {
    this.dialog.close();
    act();
  }
}
