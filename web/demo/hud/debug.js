// @ts-check
// Why snapshots are as big as they are, and how well they arrive. Hidden until F3 or the key below Escape is pressed; only
// while it is shown are snapshots taken apart.

import { KINDS } from '../../netcode/index.js';
import { element, make, write } from '../page.js';
import { Traffic } from './traffic.js';

const TOGGLE_CODES = new Set(['F3', 'Backquote']);
/** Numbers that change with every frame cannot be read. */
const EVERY_MS = 500;

/** What is told of the connection, in the order in which it is read. */
const FACTS = Object.freeze(/** @type {const} */ ([
  'ships', 'bullets', 'rocks', 'orbs', 'tick', 'rtt', 'lead', 'late inputs', 'checksums', 'recoveries',
]));

/**
 * @typedef {import('../../netcode/index.js').Breakdown} Breakdown
 * @typedef {import('../../netcode/index.js').Connection} Connection
 * @typedef {(typeof FACTS)[number]} Fact
 */

/** The overlay. */
export class Debug {
  constructor() {
    this.root = element('debug', HTMLElement);
    this.total = make('p', 'total');
    this.rates = make('p', 'rates');
    this.table = make('table', '');
    this.facts = make('dl', '');
    for (const row of [headings(), ...KINDS.map(kindRow)]) this.table.append(row);
    for (const fact of FACTS) this.facts.append(factCell(fact));
    this.root.append(this.total, this.rates, this.table, this.facts);
    /** @type {Traffic | null} */
    this.traffic = null;
    this.shownMs = -Infinity;
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /** Listens for its keys. */
  start() {
    this.listening?.abort();
    this.listening = new AbortController();
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal: this.listening.signal });
  }

  /** Hides it, for good. */
  stop() {
    this.listening?.abort();
    this.listening = null;
    this.root.hidden = true;
    this.follow(null, 0);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!TOGGLE_CODES.has(event.code) || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target instanceof HTMLInputElement) return;
    event.preventDefault();
    this.root.hidden = !this.root.hidden;
  }

  /**
   * @param {Connection | null} connection
   * @param {number} nowMs
   */
  show(connection, nowMs) {
    this.follow(this.root.hidden ? null : connection, nowMs);
    if (!connection || !this.traffic || nowMs - this.shownMs < EVERY_MS) return;
    this.shownMs = nowMs;
    this.showTraffic(this.traffic.look(nowMs));
    this.showFacts(factsOf(connection));
  }

  /**
   * @param {Connection | null} connection whose traffic is to be looked at
   * @param {number} nowMs
   */
  follow(connection, nowMs) {
    if (connection === (this.traffic?.connection ?? null)) return;
    this.traffic?.stop();
    this.traffic = connection && new Traffic(connection, nowMs);
    // The first look comes when there is something to see.
    this.shownMs = nowMs;
    this.showTraffic(null);
  }

  /** @param {{breakdown: Breakdown, seconds: number} | null} recent */
  showTraffic(recent) {
    const bytes = recent?.breakdown.bytes ?? 0;
    const snapshots = recent?.breakdown.snapshots ?? 0;
    const seconds = recent?.seconds || 1;
    write(this.total, snapshots === 0 ? 'no snapshots yet' : `${(bytes / snapshots).toFixed(1)} bytes a snapshot`);
    write(this.rates, `${(snapshots / seconds).toFixed(1)} snapshots/s, ${whole(bytes / seconds)} bytes/s`);
    const shares = KINDS.map((kind) => recent?.breakdown.share(kind) ?? { bytes: 0, count: 0 });
    const most = Math.max(...shares.map((share) => share.bytes));
    shares.forEach((share, index) => {
      const row = this.table.children[index + 1];
      row.className = share.bytes === 0 ? 'none' : share.bytes === most ? 'most' : '';
      fillKind(row, share.bytes / (snapshots || 1), share.count / (snapshots || 1), share.bytes / (bytes || 1));
    });
  }

  /** @param {Record<Fact, string>} facts */
  showFacts(facts) {
    FACTS.forEach((fact, index) => {
      const cell = this.facts.children[index];
      write(cell.children[1], facts[fact]);
      cell.classList.toggle('bad', fact === 'recoveries' && facts[fact] !== '0');
    });
  }
}

function headings() {
  const row = make('tr', '');
  for (const [name, title] of [['kind', 'per snapshot'], ['share', ''], ['number', 'bytes'], ['number', 'count']]) {
    row.append(make('th', name, title));
  }
  return row;
}

/** @param {string} kind */
function kindRow(kind) {
  const row = make('tr', '');
  const share = make('td', 'share');
  const ticks = make('span', 'ticks');
  ticks.append(make('i', ''));
  share.append(ticks);
  row.append(make('th', 'kind', kind.replace('_', ' ')), share, make('td', 'number'), make('td', 'number'));
  return row;
}

/** @param {string} fact */
function factCell(fact) {
  const cell = make('div', '');
  cell.append(make('dt', '', fact), make('dd', ''));
  return cell;
}

/**
 * @param {Element} row
 * @param {number} bytes of a snapshot
 * @param {number} count in a snapshot
 * @param {number} share of all bytes
 */
function fillKind(row, bytes, count, share) {
  const fill = row.querySelector('i');
  if (fill) fill.style.transform = `scaleX(${share.toFixed(3)})`;
  write(row.children[2], bytes.toFixed(1));
  write(row.children[3], count.toFixed(2));
}

/**
 * @param {Connection} connection
 * @returns {Record<Fact, string>}
 */
function factsOf({ replica, rttMs, own, statistics }) {
  const inView = { ship: 0, bullet: 0, rock: 0, orb: 0 };
  for (const { kind } of replica?.entities.values() ?? []) inView[kind] += 1;
  return {
    ships: String(inView.ship),
    bullets: String(inView.bullet),
    rocks: String(inView.rock),
    orbs: String(inView.orb),
    tick: String(replica?.tick ?? '–'),
    rtt: rttMs === null ? '–' : `${rttMs.toFixed(1)} ms`,
    lead: own ? `${own.lead.wanted.toFixed(1)} ticks` : '–',
    'late inputs': whole(statistics.lateInputs),
    checksums: whole(statistics.checksums),
    recoveries: whole(statistics.recoveries),
  };
}

/** @param {number} number */
function whole(number) {
  return Math.round(number).toLocaleString('en');
}
