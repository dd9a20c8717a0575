// @ts-check
// The rows of the net graph. Each row has a label, the current value and a chart of the last seconds.

import { KINDS } from '../../netcode/index.js';
import { createElement, setText } from '../dom.js';
import { numberText, text } from '../texts.js';
import { KIND_COLOURS } from './breakdown_table.js';
import { StripChart } from './strip_chart.js';

const BLUE = '#62bdf6';
const GREEN = '#4fd6a4';
const AMBER = '#ffc24b';
const RED = '#ff6b57';
/** Frame interval at 60 Hz. */
const FRAME_MS = 1000 / 60;

/**
 * @typedef {import('../../netcode/index.js').Connection} Connection
 * @typedef {import('../../netcode/index.js').SnapshotInfo} SnapshotInfo
 *
 * @typedef {object} Gauge
 * @property {readonly string[]} names keys of texts, one per series. If there are several, each is shown in the colour of its
 *   series
 * @property {import('./strip_chart.js').ChartStyle} style
 * @property {(connection: Connection, nowMs: number, chart: StripChart) => string} read formats the current value
 */

/** @type {Readonly<Record<string, Gauge>>} */
const GAUGES = Object.freeze({
  rtt: {
    names: ['graph.rtt'],
    style: { shape: 'line', colours: [BLUE], fullScaleMin: 60 },
    read: ({ rttMs }) => (rttMs === null ? '–' : `${numberText(rttMs)} ms`),
  },
  arrival: {
    names: ['graph.arrival'],
    style: { shape: 'bars', colours: [BLUE], fullScaleMin: 80 },
    read: ({ clock }) => (clock ? `± ${numberText((clock.jitterTicks * 1000) / clock.tickRate, 1)} ms` : '–'),
  },
  buffer: {
    names: ['graph.delay', 'graph.buffer'],
    style: { shape: 'line', colours: [BLUE, GREEN], fullScaleMin: 4 },
    read: ({ interpolation }, nowMs) => {
      if (!interpolation) return '–';
      const [delay, buffer] = [interpolation.delayTicksAt(nowMs), interpolation.bufferedTicks(nowMs)];
      return text('graph.ticks', { first: numberText(delay, 1), second: numberText(buffer, 1) });
    },
  },
  lead: {
    names: ['graph.lead', 'graph.margin'],
    style: { shape: 'line', colours: [AMBER, GREEN], fullScaleMin: 6 },
    read: ({ localPlayer }, nowMs, chart) => (
      localPlayer ? text('graph.ticks', { first: numberText(localPlayer.lead.ticksAt(nowMs), 1), second: chart.last(1) }) : '–'
    ),
  },
  correction: {
    names: ['graph.corrections'],
    style: { shape: 'bars', colours: [RED], fullScaleMin: 8 },
    read: ({ statistics }) => numberText(statistics.corrections),
  },
  bytes: {
    names: ['graph.snapshot'],
    style: { shape: 'bars', colours: [...KIND_COLOURS], fullScaleMin: 40 },
    read: (_connection, _nowMs, chart) => text('graph.bytes', { count: chart.last() }),
  },
  frame: {
    names: ['graph.frame'],
    style: { shape: 'bars', colours: [GREEN], fullScaleMin: 2 * FRAME_MS, mark: FRAME_MS },
    read: (_connection, _nowMs, chart) => `${numberText(chart.mean(), 1)} ms`,
  },
});

/** The rows of the net graph. */
export class Gauges {
  constructor() {
    this.root = createElement('div', 'gauges');
    this.rows = Object.entries(GAUGES).map(([key, gauge]) => row(key, gauge));
    for (const { cells } of this.rows) this.root.append(...cells);
    /** @type {number | null} */
    this.frameMs = null;
    /** @type {number | null} */
    this.arrivedMs = null;
    this.margin = 0;
  }

  /** Records a frame. @param {number} nowMs */
  recordFrame(nowMs) {
    if (this.frameMs !== null) this.chart('frame').push(nowMs - this.frameMs);
    this.frameMs = nowMs;
  }

  /**
   * Records a snapshot.
   * @param {Connection} connection
   * @param {SnapshotInfo} info
   */
  recordSnapshot(connection, { at, breakdown, report, correction }) {
    this.margin = report?.margin ?? this.margin;
    this.chart('rtt').push(connection.rttMs ?? 0);
    this.chart('arrival').push(at - (this.arrivedMs ?? at));
    this.chart('buffer').push(
      connection.interpolation?.delayTicksAt(at) ?? 0,
      connection.interpolation?.bufferedTicks(at) ?? 0,
    );
    this.chart('lead').push(connection.localPlayer?.lead.ticksAt(at) ?? 0, this.margin);
    this.chart('correction').push(correction);
    this.chart('bytes').push(...KINDS.map((kind) => breakdown?.share(kind).bytes ?? 0));
    this.arrivedMs = at;
  }

  draw() {
    for (const { chart } of this.rows) chart.draw();
  }

  /**
   * @param {Connection} connection
   * @param {number} nowMs
   */
  updateValues(connection, nowMs) {
    for (const { gauge, number, chart } of this.rows) setText(number, gauge.read(connection, nowMs, chart));
  }

  /** @param {string} key @returns {StripChart} */
  chart(key) {
    const found = this.rows.find((it) => it.key === key);
    if (!found) throw new Error(`unknown gauge ${key}`);
    return found.chart;
  }
}

/**
 * @param {string} key
 * @param {Gauge} gauge
 */
function row(key, gauge) {
  const chart = new StripChart(gauge.style);
  const number = createElement('b', '', '–');
  const label = createElement('p', '');
  label.append(names(gauge), number);
  return { key, gauge, number, chart, cells: [label, chart.canvas] };
}

/** @param {Gauge} gauge */
function names({ names: list, style }) {
  const title = createElement('span', '');
  list.forEach((key, at) => {
    const part = createElement('em', '', text(key));
    if (list.length > 1) part.style.color = style.colours[at];
    title.append(at > 0 ? text('common.separator') : '', part);
  });
  return title;
}
