// @ts-check
// Reads the server's metrics, and plots them.

/** Number of points of a plot: four minutes. */
const POINTS = 120;
const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Map<string, number>} Samples values by series, such as `name{label="value"}` */

/** Parses the OpenMetrics text format. @param {string} text @returns {Samples} */
export function parse(text) {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => {
    const end = line.lastIndexOf(' ');
    return [line.slice(0, end), Number(line.slice(end + 1))];
  }));
}

/** The sum of all series of a metric. @param {Samples} samples @param {string} name */
function total(samples, name) {
  let sum = 0;
  for (const [series, value] of samples) if (series === name || series.startsWith(`${name}{`)) sum += value;
  return sum;
}

/**
 * The 99th percentile of what a histogram has recorded between two readings, as the upper bound of its bucket. The last
 * bucket has no bound, and counts as the one before it.
 * @param {Samples} before @param {Samples} after @param {string} name
 * @returns {number}
 */
export function percentile99(before, after, name) {
  const prefix = `${name}_bucket{le="`;
  const buckets = [...after].filter(([series]) => series.startsWith(prefix)).map(([series, count]) => ({
    bound: Number(series.slice(prefix.length, -2)),
    count: count - (before.get(series) ?? 0),
  }));
  const all = buckets.pop()?.count ?? 0;
  if (all === 0) return 0;
  return (buckets.find(({ count }) => count >= 0.99 * all) ?? buckets.at(-1))?.bound ?? 0;
}

/** @typedef {(before: Samples, after: Samples, seconds: number) => number} Measure */

/** @type {(name: string) => Measure} */
const level = (name) => (_, after) => total(after, name);
/** @type {(name: string) => Measure} */
const rate = (name) => (before, after, seconds) => (total(after, name) - total(before, name)) / seconds;
/** @type {(name: string) => Measure} */
const p99Ms = (name) => (before, after) => 1000 * percentile99(before, after, name);

/** @type {[title: string, unit: string, measure: Measure][]} */
const PLOTS = [
  ['Rooms', '', level('tickcast_rooms')],
  ['Players', '', level('tickcast_players')],
  ['Sessions', '', level('tickcast_sessions')],
  ['Ticks', '/s', rate('tickcast_ticks_total')],
  ['Tick lateness p99', ' ms', p99Ms('tickcast_tick_lateness_seconds')],
  ['Skipped ticks', '/s', rate('tickcast_ticks_skipped_total')],
  ['Snapshot bytes', '/s', rate('tickcast_snapshot_bytes_total')],
  ['Refusals', '/s', rate('tickcast_requests_refused_total')],
  ['Store lag p99', ' ms', p99Ms('tickcast_commit_duration_seconds')],
  ['Rooms not stored', '', level('tickcast_rooms_unsaved')],
];

/** A plot of the last minutes. */
class Plot {
  /** @param {string} title @param {string} unit @param {Measure} measure */
  constructor(title, unit, measure) {
    this.unit = unit;
    this.measure = measure;
    /** @type {number[]} */
    this.values = [];
    this.output = document.createElement('output');
    this.line = document.createElementNS(SVG, 'polyline');
    const picture = document.createElementNS(SVG, 'svg');
    picture.setAttribute('viewBox', `0 0 ${POINTS - 1} 1`);
    picture.setAttribute('preserveAspectRatio', 'none');
    picture.setAttribute('aria-hidden', 'true');
    picture.append(this.line);
    const caption = document.createElement('figcaption');
    caption.append(title, this.output);
    this.element = document.createElement('figure');
    this.element.className = 'plot';
    this.element.append(caption, picture);
  }

  /** @param {number} value */
  push(value) {
    this.values = [...this.values, value].slice(-POINTS);
    const maximum = Math.max(...this.values, Number.MIN_VALUE);
    const first = POINTS - this.values.length;
    this.line.setAttribute('points', this.values.map((it, at) => `${first + at},${1 - it / maximum}`).join(' '));
    this.output.value = `${value.toLocaleString('en', { maximumFractionDigits: 1 })}${this.unit}`;
  }
}

/** All plots. */
export class Plots {
  /** @param {Element} container */
  constructor(container) {
    this.plots = PLOTS.map(([title, unit, measure]) => new Plot(title, unit, measure));
    container.replaceChildren(...this.plots.map(({ element }) => element));
    /** @type {{ samples: Samples, at: number } | null} */
    this.last = null;
  }

  /** Reads the metrics and adds a point to each plot. */
  async update() {
    const response = await fetch('/metrics');
    const now = { samples: parse(await response.text()), at: performance.now() };
    const { last } = this;
    this.last = now;
    if (last === null) return;
    for (const plot of this.plots) plot.push(plot.measure(last.samples, now.samples, (now.at - last.at) / 1000));
  }
}
