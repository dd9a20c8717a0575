// @ts-check
// Shows the links with which others can play in a room or watch it. A button passes a link to the system's share sheet. In
// browsers without a share sheet, the button copies the link to the clipboard. If the browser blocks copying, the link
// stays selected, and the user can copy it by hand.

import { element, setText } from '../dom.js';

/** The dialog with the links. */
export class ShareDialog {
  /** @param {import('../toast.js').Toast} toast */
  constructor(toast) {
    this.toast = toast;
    this.dialog = element('share', HTMLDialogElement);
    this.play = element('share-play', HTMLInputElement);
    this.watch = element('share-watch', HTMLInputElement);
    this.buttons = [
      { button: element('share-play-send', HTMLButtonElement), link: this.play, title: 'Play with me' },
      { button: element('share-watch-send', HTMLButtonElement), link: this.watch, title: 'Watch the game' },
    ];
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    for (const { button, link, title } of this.buttons) {
      button.addEventListener('click', () => void (canShare() ? this.share(link, title) : this.copy(link)));
    }
  }

  /** @param {string} room */
  open(room) {
    const url = new URL('/', location.href);
    url.searchParams.set('room', room);
    this.play.value = url.href;
    this.watch.value = `${url.href}&spectate`;
    for (const { button } of this.buttons) setText(button, canShare() ? 'Share' : 'Copy');
    this.dialog.showModal();
    this.play.select();
  }

  /**
   * @param {HTMLInputElement} link
   * @param {string} title
   */
  async share(link, title) {
    try {
      await navigator.share({ title, url: link.value });
      this.dialog.close();
    } catch (error) {
      // `AbortError`: the user closed the share sheet. After any other error, the link can still be copied.
      if (!(error instanceof DOMException && error.name === 'AbortError')) await this.copy(link);
    }
  }

  /** @param {HTMLInputElement} link */
  async copy(link) {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
      this.dialog.close();
      this.toast.show('Link copied');
    } catch {
      this.toast.show('The browser blocked copying: copy the selected link by hand');
    }
  }
}

/** Whether the browser has a share sheet. */
function canShare() {
  return typeof navigator.share === 'function';
}
