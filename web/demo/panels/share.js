// @ts-check
// The link to a room: copied where the browser lets one, shown to be copied by hand elsewhere.

import { element } from '../page.js';

/** Hands out links. */
export class Share {
  /** @param {import('../toast.js').Toast} toast */
  constructor(toast) {
    this.toast = toast;
    this.dialog = element('share', HTMLDialogElement);
    this.link = element('share-link', HTMLInputElement);
    this.copyButton = element('share-copy', HTMLButtonElement);
  }

  /** Listens. It does so as long as the page is there. */
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
      this.toast.show('The link is copied');
    } catch {
      this.toast.show('The browser forbids that: copy the marked link');
    }
  }
}

/**
 * The address of a room, for others.
 * @param {string} room
 */
function linkTo(room) {
  const url = new URL('/', location.href);
  url.searchParams.set('room', room);
  return url.href;
}
