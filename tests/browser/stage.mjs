// @ts-check
// Where a test in the browser takes place: a server and a Chromium of its own, which are gone when it is over.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './chromium.mjs';
import { Server } from './server.mjs';
import { Tab } from './tab.mjs';

const TEST_MS_MAX = 120_000;

/** The sizes of screens that the demo is looked at on. */
export const SCREENS = Object.freeze({
  desktop: { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 },
  sharp: { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 2 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true },
  landscape: { viewport: { width: 844, height: 390 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true },
});

/** An arena with nothing in it, which fits into a window. */
export const EMPTY_ARENA = ['--world-size', '1024', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '5'];

/** A server, a browser, and the tabs that were opened. */
export class Stage {
  /**
   * @param {Server} server
   * @param {import('playwright-core').Browser} browser
   */
  constructor(server, browser) {
    this.server = server;
    this.browser = browser;
    /** @type {Tab[]} */
    this.tabs = [];
  }

  /**
   * Opens the demo in a tab that shares nothing with the others.
   * @param {string} [query] what the address says, as `main.js` lists it
   * @param {import('playwright-core').BrowserContextOptions} [screen]
   * @param {string} [url] of the server, if not as it is reached by itself
   */
  async open(query = '', screen = SCREENS.desktop, url = this.server.url) {
    const context = await this.browser.newContext(screen);
    const tab = new Tab(await context.newPage());
    this.tabs.push(tab);
    const response = await tab.page.goto(`${url}/${query}`);
    assert.equal(response?.status(), 200);
    return tab;
  }

  /** Nothing has gone wrong on it so far. */
  async assertCalm() {
    for (const tab of this.tabs) await tab.assertCalm();
    assert.equal(this.server.trouble(), null);
  }
}

/**
 * A test that ends without a console error, a page error or a failed request in any tab.
 * @param {string} name
 * @param {string[]} options of the server
 * @param {(stage: Stage) => Promise<void>} play
 */
export function onStage(name, options, play) {
  test(name, { timeout: TEST_MS_MAX }, async () => {
    const server = await Server.start(...options);
    try {
      const browser = await launch();
      try {
        const stage = new Stage(server, browser);
        await play(stage);
        await stage.assertCalm();
      } finally {
        await browser.close();
      }
    } finally {
      assert.equal(await server.stop(), 0, 'the server ends well');
    }
  });
}
