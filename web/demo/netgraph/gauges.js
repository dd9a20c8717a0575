// @ts-check
// The rows of the net graph: a name, a number, and how it went over the last seconds.

import { KINDS } from '../../netcode/index.js';
import { make, write } from '../page.js';
import { KIND_COLOURS } from './kinds.js';
import { Strip } from './strip.js';

const BLUE = '#62bdf6';
const GREEN = '#4fd6a4';
const AMBER = '#ffc24b';
const RED = '#ff6b57';
/** What a screen of 60 Hz takes for a frame. */
const FRAME_MS = 1000 / 60;

/**
 * @typedef {import('../../netcode/index.js').Connection} Connection
 * @typedef {import('../../netcode/connection.js').Received} Received
 *
 * @typedef {object} Gauge
 * @property {readonly string[]} names one for each line of its chart, in that line's colour
 * @property {import('./strip.js').Look} look
 * @property {(connection: Connection, nowMs: number, strip: Strip) => string} read its number, in words
 */

/** @type {Readonly<Record<string, Gauge>>} */
const GAUGES = Object.freeze({
  rtt: {
    names: ['round trip'],
    look: { shape: 'line', colours: [BLUE], full: 60 },
    read: ({ rttMs }) => (rttMs === null ? '–' : `${rttMs.toFixed(0)} ms`),
  },
  arrival: {
    names: ['tick arrival'],
    look: { shape: 'bars', colours: [BLUE], full: 80 },
    read: ({ clock }) => (clock ? `± ${((clock.jitterTicks * 1000) / clock.tickRate).toFixed(1)} ms` : '–'),
  },
  buffer: {
    names: ['delay', 'buffer'],
    look: { shape: 'line', colours: [BLUE, GREEN], full: 4 },
    read: ({ interpolation }, nowMs) => {
      if (!interpolation) return '–';
      const [delay, buffer] = [interpolation.delayTicksAt(nowMs), interpolation.bufferedTicks(nowMs)];
      return `${delay.toFixed(1)}, ${buffer.toFixed(1)} ticks`;
    },
  },
  lead: {
    names: ['lead', 'margin'],
    look: { shape: 'line', colours: [AMBER, GREEN], full: 6 },
    read: ({ own }, nowMs, strip) => (own ? `${own.lead.ticksAt(nowMs).toFixed(1)}, ${strip.last(1)} ticks` : '–'),
  },
  correction: {
    names: ['corrections'],
    look: { shape: 'bars', colours: [RED], full: 8 },
    read: ({ statistics }) => `${statistics.corrections}`,
  },
  bytes: {
    names: ['snapshot'],
    look: { shape: 'bars', colours: [...KIND_COLOURS], full: 40 },
    read: (_connection, _nowMs, strip) => `${strip.last()} ${strip.last() === 1 ? 'byte' : 'bytes'}`,
  },
  frame: {
    names: ['frame'],
    look: { shape: 'bars', colours: [GREEN], full: 2 * FRAME_MS, mark: FRAME_MS },
    read: (_connection, _nowMs, strip) => `${strip.mean().toFixed(1)} ms`,
  },
});

/** The rows. */
export class Gauges {
  constructor() {
    this.root = make('div', 'gauges');
    this.rows = Object.entries(GAUGES).map(([key, gauge]) => row(key, gauge));
    for (const { cells } of this.rows) this.root.append(...cells);
    /** @type {number | null} */
    this.frameMs = null;
    /** @type {number | null} */
    this.arrivedMs = null;
    this.margin = 0;
  }

  /** A frame is drawn. @param {number} nowMs */
  frame(nowMs) {
    if (this.frameMs !== null) this.strip('frame').push(nowMs - this.frameMs);
    this.frameMs = nowMs;
  }

  /**
   * A snapshot came.
   * @param {Connection} connection
   * @param {Received} received
   */
  snapshot(connection, { at, breakdown, report, correction }) {
    this.margin = report?.margin ?? this.margin;
    this.strip('rtt').push(connection.rttMs ?? 0);
    this.strip('arrival').push(at - (this.arrivedMs ?? at));
    this.strip('buffer').push(
      connection.interpolation?.delayTicksAt(at) ?? 0,
      connection.interpolation?.bufferedTicks(at) ?? 0,
    );
    this.strip('lead').push(connection.own?.lead.ticksAt(at) ?? 0, this.margin);
    this.strip('correction').push(correction);
    this.strip('bytes').push(...KINDS.map((kind) => breakdown?.share(kind).bytes ?? 0));
    this.arrivedMs = at;
  }

  draw() {
    for (const { strip } of this.rows) strip.draw();
  }

  /**
   * @param {Connection} connection
   * @param {number} nowMs
   */
  write(connection, nowMs) {
    for (const { gauge, number, strip } of this.rows) write(number, gauge.read(connection, nowMs, strip));
  }

  /** @param {string} key @returns {Strip} */
  strip(key) {
    const found = this.rows.find((it) => it.key === key);
    if (!found) throw new Error(`there is no gauge ${key}`);
    return found.strip;
  }
}

/**
 * @param {string} key
 * @param {Gauge} gauge
 */
function row(key, gauge) {
  const strip = new Strip(gauge.look);
  const number = make('b', '', '–');
  const label = make('p', '');
  label.append(names(gauge), number);
  return { key, gauge, number, strip, cells: [label, strip.canvas] };
}

/** @param {Gauge} gauge */
function names({ names: list, look }) {
  const title = make('span', '');
  list.forEach((name, at) => {
    const part = make('em', '', name);
    if (list.length > 1) part.style.color = look.colours[at];
    title.append(at > 0 ? ', ' : '', part);
  });
  return title;
}
