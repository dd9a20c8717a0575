// @ts-check
// Shows the links with which others can play in a room or watch it. A button passes a link to the system's share sheet. In
// browsers without a share sheet, the button copies the link to the clipboard. If the browser blocks copying, the link
// stays selected, and the user can copy it by hand.

import { element, setText } from '../dom.js';
import { text } from '../texts.js';

/** The dialog with the links. */
export class ShareDialog {
  /** @param {import('../toast.js').Toast} toast */
  constructor(toast) {
    this.toast = toast;
    this.dialog = element('share', HTMLDialogElement);
    this.title = element('share-title', HTMLElement);
    this.playLabel = element('share-play-label', HTMLElement);
    this.watchPart = element('share-watch-part', HTMLElement);
    this.play = element('share-play', HTMLInputElement);
    this.watch = element('share-watch', HTMLInputElement);
    this.buttons = [
      { button: element('share-play-send', HTMLButtonElement), link: this.play, title: 'share.playTitle' },
      { button: element('share-watch-send', HTMLButtonElement), link: this.watch, title: 'share.watchTitle' },
    ];
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    for (const { button, link, title } of this.buttons) {
      button.addEventListener('click', () => void (canShare() ? this.share(link, text(title)) : this.copy(link)));
    }
  }

  /** Shows the links to a room. @param {string} room */
  open(room) {
    const url = new URL('/', location.href);
    url.searchParams.set('room', room);
    this.watch.value = `${url.href}&spectate`;
    this.show(text('share.title'), text('share.play'), url.href);
    this.watchPart.hidden = false;
  }

  /** Shows the link to a moment of a replay. @param {string} url */
  openMoment(url) {
    this.show(text('replay.shareMoment'), text('share.moment'), url);
    this.watchPart.hidden = true;
  }

  /**
   * @param {string} title
   * @param {string} label of the first link
   * @param {string} url
   */
  show(title, label, url) {
    setText(this.title, title);
    setText(this.playLabel, label);
    this.play.value = url;
    for (const { button } of this.buttons) setText(button, text(canShare() ? 'share.share' : 'share.copy'));
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
      this.toast.show(text('share.copied'));
    } catch {
      this.toast.show(text('share.blocked'));
    }
  }
}

/** Whether the browser has a share sheet. */
function canShare() {
  return typeof navigator.share === 'function';
}
