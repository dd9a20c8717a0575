// @ts-check
// The spectator's camera controls.

import { element, setText } from '../dom.js';

/** Shows what the camera follows, and has buttons to change it. */
export class SpectatorBar {
  /** @param {import('../spectator.js').SpectatorCamera} camera */
  constructor(camera) {
    this.camera = camera;
    this.text = element('watching', HTMLElement);
    this.whole = element('watch-whole', HTMLButtonElement);
    element('watch-before', HTMLButtonElement).addEventListener('click', () => camera.follow(-1));
    element('watch-next', HTMLButtonElement).addEventListener('click', () => camera.follow(1));
    this.whole.addEventListener('click', () => camera.showWholeArena());
  }

  show() {
    const { target, followedPlayer } = this.camera;
    setText(this.text, followedPlayer?.name ?? (target.kind === 'free' ? 'Free camera' : 'All ships'));
    this.whole.hidden = target.kind === 'whole';
  }
}
