// @ts-check
// The spectator's camera controls.

import { element, setText } from '../dom.js';
import { text } from '../texts.js';

/** Shows what the camera follows, and has buttons to change it. */
export class SpectatorBar {
  /** @param {import('../spectator.js').SpectatorCamera} camera */
  constructor(camera) {
    this.camera = camera;
    this.text = element('watching', HTMLElement);
    this.whole = element('watch-whole', HTMLButtonElement);
    this.listen(element('watch-before', HTMLButtonElement), () => camera.follow(-1));
    this.listen(element('watch-next', HTMLButtonElement), () => camera.follow(1));
    this.listen(this.whole, () => camera.showWholeArena());
  }

  /**
   * @param {HTMLButtonElement} button
   * @param {() => void} act
   */
  listen(button, act) {
    button.addEventListener('click', act);
    // Prevents the button from getting the focus. Otherwise, keys would press the button instead of controlling a replay.
    button.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  show() {
    const { target, followedPlayer } = this.camera;
    setText(this.text, followedPlayer?.name ?? text(target.kind === 'free' ? 'watch.free' : 'watch.all'));
    this.whole.hidden = target.kind === 'whole';
  }
}
