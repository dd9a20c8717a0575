// @ts-check
// Shows the link to a room. A button copies it to the clipboard; if the browser blocks that, users can copy it by hand.

import { element } from '../dom.js';

/** The dialog with the link. */
export class ShareDialog {
  /** @param {import('../toast.js').Toast} toast */
  constructor(toast) {
    this.toast = toast;
    this.dialog = element('share', HTMLDialogElement);
    this.link = element('share-link', HTMLInputElement);
    this.copyButton = element('share-copy', HTMLButtonElement);
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    this.copyButton.addEventListener('click', () => void this.copy());
  }

  /** @param {string} room */
  open(room) {
    this.link.value = linkTo(room);
    this.dialog.showModal();
    this.link.select();
  }

  async copy() {
    this.link.select();
    try {
      await navigator.clipboard.writeText(this.link.value);
      this.dialog.close();
      this.toast.show('Link copied');
    } catch {
      this.toast.show('Copying was blocked by the browser: copy the selected link by hand');
    }
  }
}

/**
 * The link to a room.
 * @param {string} room
 */
function linkTo(room) {
  const url = new URL('/', location.href);
  url.searchParams.set('room', room);
  return url.href;
}
