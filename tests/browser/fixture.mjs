// @ts-check
// The fixture of the browser tests. Each test has its own server. The tests of a file share a Chromium, but no browser context.

import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { launch } from './chromium.mjs';
import { Server } from './server.mjs';
import { Tab } from './tab.mjs';
import { TcpProxy } from './tcp_proxy.mjs';

const TEST_MS_MAX = 120_000;

/** @type {Promise<import('playwright-core').Browser> | null} launched by the first test */
let chromium = null;
after(async () => (await chromium)?.close());

/** Screens on which the demo is tested. */
export const SCREENS = Object.freeze({
  desktop: { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 1 },
  sharp: { viewport: { width: 1280, height: 720 }, deviceScaleFactor: 2 },
  phone: { viewport: { width: 390, height: 844 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true },
  landscape: { viewport: { width: 844, height: 390 }, deviceScaleFactor: 3, hasTouch: true, isMobile: true },
});

/** An empty arena that fits into a window. */
export const EMPTY_ARENA = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '1'];

/** A server, a browser, and its tabs. */
export class Fixture {
  /**
   * @param {Server} server
   * @param {import('playwright-core').Browser} browser
   */
  constructor(server, browser) {
    this.server = server;
    this.browser = browser;
    /** @type {Tab[]} */
    this.tabs = [];
    /** @type {{stop: () => void}[]} */
    this.proxies = [];
  }

  /**
   * Opens the demo in a new browser context, in English unless `screen` names another locale.
   * @param {string} [query] parameters of the URL, as documented in `main.js`
   * @param {import('playwright-core').BrowserContextOptions} [screen]
   * @param {string} [url] of the server or of a proxy
   */
  async open(query = '', screen = SCREENS.desktop, url = this.server.url) {
    const context = await this.browser.newContext({ locale: 'en-US', ...screen });
    const tab = new Tab(await context.newPage());
    this.tabs.push(tab);
    const response = await tab.page.goto(`${url}/${query}`);
    assert.equal(response?.status(), 200);
    // The page starts once it has loaded its language.
    await tab.page.evaluate(async () => {
      while (!('tickcast' in window)) await new Promise(requestAnimationFrame);
    });
    return tab;
  }

  /** Starts a proxy to the server. It is stopped at the end of the test. */
  async startProxy() {
    const proxy = await TcpProxy.start(this.server.url);
    this.proxies.push(proxy);
    return proxy;
  }

  /** Stops the proxies and closes the tabs. */
  async stop() {
    this.proxies.forEach((proxy) => proxy.stop());
    await Promise.all(this.tabs.map((tab) => tab.page.context().close()));
  }

  /** Asserts that neither the tabs nor the server had errors. */
  async assertNoErrors() {
    for (const tab of this.tabs) await tab.assertNoErrors();
    assert.equal(this.server.errorLine(), null);
  }
}

/**
 * Defines a test. The test also fails if a tab has console errors, page errors or failed requests, or if the server logs
 * errors.
 * @param {string} name
 * @param {string[]} options of the server
 * @param {(fixture: Fixture) => Promise<void>} run
 */
export function browserTest(name, options, run) {
  test(name, { timeout: TEST_MS_MAX }, async () => {
    const server = await Server.start(...options);
    try {
      chromium ??= launch();
      const fixture = new Fixture(server, await chromium);
      try {
        await run(fixture);
        await fixture.assertNoErrors();
      } finally {
        await fixture.stop();
      }
    } finally {
      assert.equal(await server.stop(), 0, 'the server exits with status 0');
    }
  });
}
