// @ts-check
// Panels over the arena, each with a button in the toolbar. In a small window, all panels appear as sheets in the same
// place, so opening one closes the others.

import { createCloseButton, createElement, element } from '../dom.js';

/** Windows in which the panels are sheets, as in network.css. */
const SMALL_WINDOW = '(max-width: 720px), (max-height: 520px)';

/** All panels. */
export class OverlayPanels {
  constructor() {
    /** @type {OverlayPanel[]} */
    this.panels = [];
    this.isEnabled = true;
  }

  /** Closes all panels if they are disabled. They have nothing to show in a replay. @param {boolean} isEnabled */
  setEnabled(isEnabled) {
    this.isEnabled = isEnabled;
    if (!isEnabled) for (const panel of this.panels) panel.setOpen(false);
  }

  /**
   * Makes an element of the page a panel, with a title and a close button.
   * @param {string} id
   * @param {string} buttonId of the button in the toolbar
   * @param {string} title
   */
  add(id, buttonId, title) {
    const panel = new OverlayPanel(element(id, HTMLElement), element(buttonId, HTMLButtonElement));
    // In a small window, the panel scrolls. Keys can scroll it only if it can have the focus.
    panel.root.tabIndex = 0;
    panel.root.append(createElement('h2', '', title), createCloseButton(() => panel.setOpen(false)));
    this.panels.push(panel);
    return panel;
  }

  /** @param {OverlayPanel} panel */
  toggle(panel) {
    if (!this.isEnabled) return;
    panel.setOpen(panel.root.hidden);
    if (panel.root.hidden || !window.matchMedia(SMALL_WINDOW).matches) return;
    for (const other of this.panels) if (other !== panel) other.setOpen(false);
  }
}

/** A panel. */
export class OverlayPanel {
  /**
   * @param {HTMLElement} root
   * @param {HTMLButtonElement} button
   */
  constructor(root, button) {
    this.root = root;
    this.button = button;
  }

  /** @param {boolean} isOpen */
  setOpen(isOpen) {
    this.root.hidden = !isOpen;
    this.button.setAttribute('aria-pressed', String(isOpen));
  }
}
