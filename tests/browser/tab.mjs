// @ts-check
// A tab with the demo: performs the player's actions, reads the state, and collects errors.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
const WAIT_MS_MAX = 20_000;
/** Distance of the pointer from the local ship when aiming, in pixels. */
const REACH_PX = 120;
/**
 * Requests for lists, the profile and the icon, and of the HTTP fallback. They may fail, because the page also sends them while
 * the server is stopped, or be refused with status 503 while it shuts down.
 */
const UNSCHEDULED = /\/(api\/rooms\/events|api\/replays|api\/profile|(demo|packed)\/icon[-\w]*\.svg|http\/.+)$/;
const SHUTTING_DOWN = 503;
/** The browser's error for a WebSocket that cannot connect. */
export const CONNECTION_FAILED = /WebSocket connection to '\S+' failed/;
/** To count its colours, the canvas is scaled to this size. A painted canvas then has at least `COLOURS_MIN` colours. */
const SAMPLES = { width: 96, height: 54 };
const COLOURS_MIN = 24;

/**
 * @typedef {import('playwright-core').Page} Page
 * @typedef {import('../../web/demo/scene.js').ShipView} ShipView
 * @typedef {import('../../web/demo/scene.js').PlayerView} PlayerView
 *
 * @typedef {object} State the result of `window.tickcast.state()`, documented in `web/demo/main.js`
 * @property {number} atMs
 * @property {import('../../web/demo/scene.js').Phase} phase
 * @property {number | null} tick
 * @property {number | null} player
 * @property {string} room
 * @property {{ships: number, bullets: number, rocks: number, orbs: number}} entities
 * @property {ShipView | null} own
 * @property {ShipView[]} others
 * @property {PlayerView[]} players
 * @property {import('../../web/demo/camera.js').CameraPose} camera
 * @property {import('../../web/demo/render/quality.js').QualityLevel} quality
 * @property {number | null} rttMs
 * @property {import('../../web/netcode/connection_options.js').TransportName | null} transport
 * @property {import('../../web/demo/scene.js').ReplayView | null} replay
 * @property {{progress: number, killer: string | null} | null} instantReplay
 * @property {number | null} roundLeftS
 * @property {import('../../web/demo/scene.js').PodiumView | null} podium
 * @property {import('../../web/demo/scene.js').Point | null} ghost
 * @property {{reconnects: number, resumed: boolean, leadTicks: number, delayTicks: number, jitterTicks: number,
 *   corrections: number, lateInputs: number} | null} net
 * @property {number} checksums
 * @property {number} resyncs
 * @property {string} closeText
 * @property {string[]} errors
 */

/** A tab with the demo. */
export class Tab {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    /** @type {string[]} */
    this.errors = [];
    /** @type {RegExp | null} */
    this.expected = null;
    page.setDefaultTimeout(WAIT_MS_MAX);
    page.on('pageerror', (error) => this.errors.push(`page error: ${error.stack ?? error}`));
    page.on('console', (message) => {
      const isBad = message.type() === 'error' || message.type() === 'warning' || message.type() === 'assert';
      const { url } = message.location();
      if (isBad && !UNSCHEDULED.test(url)) this.errors.push(`console ${message.type()}: ${message.text()} at ${url}`);
    });
    page.on('requestfailed', (request) => {
      if (UNSCHEDULED.test(request.url())) return;
      this.errors.push(`failed request: ${request.url()}: ${request.failure()?.errorText}`);
    });
    page.on('response', (response) => {
      if (response.status() < 400 || (response.status() === SHUTTING_DOWN && UNSCHEDULED.test(response.url()))) return;
      this.errors.push(`failed request: ${response.url()}: ${response.status()}`);
    });
  }

  /** Enters a name in the menu and joins. @param {string} name */
  async join(name) {
    await this.page.getByLabel('Your name').fill(name);
    await this.page.getByRole('button', { name: 'Play', exact: true }).click();
    return this.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  }

  /** Leaves the room. The toolbar's "Leave" button opens the menu of the game, whose "Leave" button leaves. */
  async leave() {
    await this.page.getByRole('button', { name: 'Leave' }).click();
    await this.page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  }

  /** Waits for the next frame and returns its state. @returns {Promise<State>} */
  state() {
    return this.page.evaluate(() => new Promise((resolve) => {
      // @ts-expect-error defined by main.js
      requestAnimationFrame(() => resolve(window.tickcast.state()));
    }));
  }

  /**
   * Waits for a state.
   * @param {string} description continues the error message "waited until the tab …"
   * @param {(state: State) => boolean} holds
   * @param {(state: State) => Promise<unknown>} [act] called in every frame until `holds` returns true
   * @returns {Promise<State>}
   */
  async until(description, holds, act) {
    const deadline = Date.now() + WAIT_MS_MAX;
    let state = await this.state();
    while (!holds(state)) {
      const message = `waited ${WAIT_MS_MAX} ms until the tab ${description}; its state is ${JSON.stringify(state)}`;
      assert.ok(Date.now() < deadline, message);
      await act?.(state);
      state = await this.state();
    }
    return state;
  }

  /**
   * Aims the ship at a point of the world.
   * @param {State} state
   * @param {import('../../web/demo/scene.js').Point} place
   */
  async aim(state, { x, y }) {
    if (!state.own) return;
    const ship = this.toScreen(state, state.own);
    const angle = Math.atan2(y - state.own.y, x - state.own.x);
    await this.page.mouse.move(ship.x + REACH_PX * Math.cos(angle), ship.y + REACH_PX * Math.sin(angle));
  }

  /**
   * Converts world units to CSS pixels.
   * @param {State} state
   * @param {import('../../web/demo/scene.js').Point} place
   */
  toScreen({ camera }, { x, y }) {
    const { width, height } = this.viewport();
    return { x: width / 2 + (x - camera.x) * camera.scale, y: height / 2 + (y - camera.y) * camera.scale };
  }

  /** Allows errors that match a pattern. @param {RegExp} expected */
  expectError(expected) {
    this.expected = expected;
  }

  /**
   * Returns functions that send touch events to the page. Each function takes the fingers that are on the screen after the event,
   * with their positions.
   */
  async fingers() {
    const session = await this.page.context().newCDPSession(this.page);
    const ids = ['left', 'right'];
    const send = (/** @type {'touchStart' | 'touchMove' | 'touchEnd'} */ type) => (
      async (/** @type {Record<string, import('../../web/demo/scene.js').Point>} */ fingers = {}) => {
        const touchPoints = Object.entries(fingers).map(([name, place]) => ({ ...place, id: ids.indexOf(name) }));
        await session.send('Input.dispatchTouchEvent', { type, touchPoints });
      }
    );
    return { down: send('touchStart'), move: send('touchMove'), up: send('touchEnd') };
  }

  /** Stops the animation frames of the page, so that it keeps what a test shows. */
  async stopFrames() {
    await this.page.evaluate(() => new Promise((resolve) => {
      const requestFrame = window.requestAnimationFrame;
      window.requestAnimationFrame = (frame) => {
        Object.assign(window, { resumeFrames: () => { window.requestAnimationFrame = requestFrame; requestFrame(frame); } });
        resolve(undefined);
        return 0;
      };
    }));
  }

  async resumeFrames() {
    // @ts-expect-error set by `stopFrames`
    await this.page.evaluate(() => window.resumeFrames());
  }

  /** The notice in the center of the page. */
  notice() {
    return this.page.locator('#notice');
  }

  /** The number of different colours on the canvas. */
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
    assert.ok(colours >= COLOURS_MIN, `the canvas has only ${colours} colours`);
  }

  /**
   * Asserts that the page does not scroll, and that the canvas has the expected number of pixels per CSS pixel: that of the
   * screen, but at most 2, multiplied by the factor of the current quality.
   */
  async assertFits() {
    const size = await this.page.evaluate(() => {
      const { scrollWidth, scrollHeight } = document.documentElement;
      return { width: scrollWidth, height: scrollHeight };
    });
    assert.deepEqual(size, this.viewport(), 'the page does not scroll');
    const density = await this.page.evaluate(() => {
      const world = document.getElementById('world');
      // @ts-expect-error defined by main.js
      const { resolution } = window.tickcast.state().quality;
      const expected = Math.min(devicePixelRatio, 2) * resolution;
      return world instanceof HTMLCanvasElement ? world.width / world.clientWidth / expected : 0;
    });
    assert.ok(Math.abs(density - 1) < 0.01, `the canvas has ${density} times its expected resolution`);
  }

  /** Saves a screenshot. @param {string} name */
  async screenshot(name) {
    mkdirSync(OUTPUT, { recursive: true });
    await this.page.screenshot({ path: `${OUTPUT}${name}.png` });
  }

  /** Asserts that there were no unexpected errors. */
  async assertNoErrors() {
    const netcodeErrors = this.page.isClosed() ? [] : (await this.state()).errors;
    const pageErrors = this.errors.filter((error) => !this.expected?.test(error));
    assert.deepEqual([...pageErrors, ...netcodeErrors], []);
  }

  /** Asserts that there were no unexpected errors, and closes the tab. */
  async close() {
    await this.assertNoErrors();
    await this.page.close();
  }

  viewport() {
    const size = this.page.viewportSize();
    assert.ok(size, 'the tab has a viewport size');
    return size;
  }
}
