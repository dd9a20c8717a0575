// @ts-check
// One tab with the demo in it: what its player does, what it shows, and whatever goes wrong in it.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
const WAIT_MS_MAX = 20_000;
/** How far from the own ship the pointer is held, in pixels. */
const REACH_PX = 120;
/** What is asked for at any time, the list of rooms and the icon: it may well find the server stopped. */
const UNTIMED = /\/(api\/rooms\/events|demo\/icon\.svg)$/;
/** What a browser says of a WebSocket that finds no server. */
export const CUT_OFF = /WebSocket connection to '\S+' failed/;
/** A picture is sampled at so many points, and has at least so many colours. */
const SAMPLES = { width: 96, height: 54 };
const COLOURS_MIN = 24;

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('../../web/demo/scene.js').ShipView} ShipView
 * @typedef {import('../../web/demo/scene.js').MemberView} MemberView
 *
 * @typedef {object} State what `window.tickcast.state()` of `web/demo/main.js` tells
 * @property {number} atMs
 * @property {import('../../web/demo/scene.js').Phase} phase
 * @property {number | null} tick
 * @property {number | null} player
 * @property {string} room
 * @property {{ships: number, bullets: number, rocks: number, orbs: number}} entities
 * @property {ShipView | null} own
 * @property {ShipView[]} others
 * @property {MemberView[]} members
 * @property {import('../../web/demo/camera.js').Look} camera
 * @property {number | null} rttMs
 * @property {import('../../web/demo/scene.js').Place | null} ghost
 * @property {{returns: number, resumed: boolean, leadTicks: number, delayTicks: number, jitterTicks: number,
 *   corrections: number, lateInputs: number} | null} net
 * @property {string} closeText
 * @property {string[]} errors
 */

/** A tab with the demo. */
export class Tab {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string[]} */
    this.troubles = [];
    /** @type {RegExp | null} */
    this.expected = null;
    page.setDefaultTimeout(WAIT_MS_MAX);
    page.on('pageerror', (error) => this.troubles.push(`page error: ${error.stack ?? error}`));
    page.on('console', (message) => {
      const isBad = message.type() === 'error' || message.type() === 'warning' || message.type() === 'assert';
      const { url } = message.location();
      if (isBad && !UNTIMED.test(url)) this.troubles.push(`console ${message.type()}: ${message.text()} at ${url}`);
    });
    page.on('requestfailed', (request) => {
      if (UNTIMED.test(request.url())) return;
      this.troubles.push(`failed request: ${request.url()}: ${request.failure()?.errorText}`);
    });
    page.on('response', (response) => {
      if (response.status() >= 400) this.troubles.push(`refused request: ${response.url()}: ${response.status()}`);
    });
  }

  /** Types a name into the menu, and plays. @param {string} name */
  async join(name) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Play', exact: true }).click();
    return this.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  }

  /** What the demo says of itself in its next frame. @returns {Promise<State>} */
  state() {
    return this.page.evaluate(() => new Promise((resolve) => {
      // @ts-expect-error main.js puts it there
      requestAnimationFrame(() => resolve(window.tickcast.state()));
    }));
  }

  /**
   * Looks at every frame until one is as expected.
   * @param {string} what is expected
   * @param {(state: State) => boolean} holds
   * @param {(state: State) => Promise<unknown>} [act] what the player does in every frame until then
   * @returns {Promise<State>}
   */
  async until(what, holds, act) {
    const deadline = Date.now() + WAIT_MS_MAX;
    let state = await this.state();
    while (!holds(state)) {
      assert.ok(Date.now() < deadline, `waited ${WAIT_MS_MAX} ms until the tab ${what}; it has ${JSON.stringify(state)}`);
      await act?.(state);
      state = await this.state();
    }
    return state;
  }

  /**
   * Points the mouse at a place in the world.
   * @param {State} state
   * @param {import('../../web/demo/scene.js').Place} place
   */
  async aim(state, { x, y }) {
    if (!state.own) return;
    const ship = this.toScreen(state, state.own);
    const angle = Math.atan2(y - state.own.y, x - state.own.x);
    await this.page.mouse.move(ship.x + REACH_PX * Math.cos(angle), ship.y + REACH_PX * Math.sin(angle));
  }

  /**
   * Where a place is in the window.
   * @param {State} state
   * @param {import('../../web/demo/scene.js').Place} place
   */
  toScreen({ camera }, { x, y }) {
    const { width, height } = this.viewport();
    return { x: width / 2 + (x - camera.x) * camera.scale, y: height / 2 + (y - camera.y) * camera.scale };
  }

  /** Something that would be a trouble is what the test is about. @param {RegExp} expected */
  expectTrouble(expected) {
    this.expected = expected;
  }

  /** Fingers on the screen: each has a name, and those that are not named any more have been lifted. */
  async fingers() {
    const session = await this.page.context().newCDPSession(this.page);
    const ids = ['left', 'right'];
    const send = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type) => (
      async (/** @type {Record<string, import('../../web/demo/scene.js').Place>} */ fingers = {}) => {
        const touchPoints = Object.entries(fingers).map(([name, place]) => ({ ...place, id: ids.indexOf(name) }));
        await session.send('Input.dispatchTouchEvent', { type, touchPoints });
      }
    );
    return { down: send('touchStart'), move: send('touchMove'), up: send('touchEnd') };
  }

  /** The notice in the middle of the page. */
  notice() {
    return this.page.locator('#notice');
  }

  /** How many colours the arena is painted in. */
  colours() {
    return this.page.evaluate(({ width, height }) => {
      const world = document.getElementById('world');
      if (!(world instanceof HTMLCanvasElement)) return 0;
      const sample = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d');
      sample?.drawImage(world, 0, 0, width, height);
      return new Set(new Uint32Array(sample?.getImageData(0, 0, width, height).data.buffer ?? [])).size;
    }, SAMPLES);
  }

  async assertPainted() {
    const colours = await this.colours();
    assert.ok(colours >= COLOURS_MIN, `the picture has only ${colours} colours`);
  }

  /** Nothing reaches beyond the window, and the arena has a pixel for every one of the screen's, or two for one of CSS. */
  async assertFits() {
    const size = await this.page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { width: scrollWidth, height: scrollHeight };
    });
    assert.deepEqual(size, this.viewport(), 'nothing is to be scrolled');
    const density = await this.page.evaluate(() => {
      const world = document.getElementById('world');
      return world instanceof HTMLCanvasElement ? world.width / world.clientWidth / Math.min(devicePixelRatio, 2) : 0;
    });
    assert.ok(Math.abs(density - 1) < 0.01, `the arena has ${density} pixels for one that it should have`);
  }

  /** Keeps a picture of the tab. @param {string} name */
  async keep(name) {
    mkdirSync(OUTPUT, { recursive: true });
    await this.page.screenshot({ path: `${OUTPUT}${name}.png` });
  }

  /** Nothing has gone wrong in it so far. */
  async assertCalm() {
    const { errors } = this.page.isClosed() ? { errors: [] } : await this.state();
    const troubles = this.troubles.filter((trouble) => !this.expected?.test(trouble));
    assert.deepEqual([...troubles, ...errors], []);
  }

  /** Closes it, as a player does who has had enough. */
  async close() {
    await this.assertCalm();
    await this.page.close();
  }

  viewport() {
    const size = this.page.viewportSize();
    assert.ok(size, 'every tab is opened with a size');
    return size;
  }
}
