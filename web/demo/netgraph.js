// @ts-check
// How well the connection does, and why snapshots are as big as they are: strip charts and numbers. Hidden until F3, the key
// below Escape, the button or `?graph` in the address shows it; only while it is shown are snapshots taken apart.

import { isForTheArena } from './input/keyboard.js';
import { Gauges } from './netgraph/gauges.js';
import { KindTable } from './netgraph/kinds.js';
import { Traffic } from './netgraph/traffic.js';
import { closeButton, element, make, write } from './page.js';

const TOGGLE_CODES = new Set(['F3', 'Backquote']);
/** Numbers that change with every frame cannot be read. */
const NUMBERS_EVERY_MS = 400;

/**
 * @typedef {import('../netcode/index.js').Connection} Connection
 * @typedef {import('../netcode/connection.js').Received} Received
 */

/** The overlay. */
export class NetGraph {
  constructor() {
    this.root = element('netgraph', HTMLElement);
    this.button = element('tool-graph', HTMLButtonElement);
    this.gauges = new Gauges();
    this.kinds = new KindTable();
    this.facts = make('p', 'facts');
    this.root.append(make('h2', '', 'Net graph'), closeButton(() => this.toggle()));
    this.root.append(this.gauges.root, this.kinds.root, this.facts);
    /** @type {Connection | null} */
    this.connection = null;
    this.traffic = new Traffic(0);
    this.numbersMs = -Infinity;
  }

  /** Listens for its keys and its button. It does so as long as the page is there. */
  start() {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    this.button.addEventListener('click', () => this.toggle());
    this.button.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!TOGGLE_CODES.has(event.code) || event.repeat || !isForTheArena(event)) return;
    event.preventDefault();
    this.toggle();
  }

  toggle() {
    this.root.hidden = !this.root.hidden;
    this.button.setAttribute('aria-pressed', String(!this.root.hidden));
  }

  /**
   * Shows a frame.
   * @param {Connection | null} connection
   * @param {Received[]} received since the last frame
   * @param {number} nowMs
   */
  show(connection, received, nowMs) {
    this.follow(this.root.hidden ? null : connection, nowMs);
    this.gauges.frame(nowMs);
    if (this.connection === null) return;
    for (const snapshot of received) {
      this.traffic.add(snapshot);
      this.gauges.snapshot(this.connection, snapshot);
    }
    this.gauges.draw();
    if (nowMs - this.numbersMs < NUMBERS_EVERY_MS) return;
    this.numbersMs = nowMs;
    this.gauges.write(this.connection, nowMs);
    this.kinds.show(this.traffic.recent(nowMs));
    write(this.facts, factsOf(this.connection));
  }

  /**
   * @param {Connection | null} connection that is to be looked at
   * @param {number} nowMs
   */
  follow(connection, nowMs) {
    if (connection === this.connection) return;
    if (this.connection) this.connection.dissects = false;
    if (connection) connection.dissects = true;
    this.connection = connection;
    this.traffic = new Traffic(nowMs);
    // The first numbers come when there is something to see.
    this.numbersMs = nowMs;
  }
}

/** @param {Connection} connection */
function factsOf({ statistics, replica }) {
  const { checksums, recoveries, resets, lateInputs } = statistics;
  const wrong = recoveries === 0 ? 'none wrong' : `${recoveries} wrong`;
  const rest = [counted(resets, 'reset'), counted(lateInputs, 'late input')].join(' · ');
  return `tick ${replica?.tick ?? '–'} · ${counted(checksums, 'checksum')}, ${wrong} · ${rest}`;
}

/**
 * @param {number} number
 * @param {string} thing
 */
function counted(number, thing) {
  return `${number} ${thing}${number === 1 ? '' : 's'}`;
}
