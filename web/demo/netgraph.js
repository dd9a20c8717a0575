// @ts-check
// The net graph: charts and figures on the connection quality and the size of snapshots. It is toggled by F3, by the key below
// Escape and by its button. `?graph` in the URL shows it. Breakdowns of snapshots are measured only while it is visible.

import { isGameKey } from './input/keyboard.js';
import { Gauges } from './netgraph/gauges.js';
import { BreakdownTable } from './netgraph/breakdown_table.js';
import { LineLoss } from './netgraph/line_loss.js';
import { Traffic } from './netgraph/traffic.js';
import { createElement, setText } from './dom.js';
import { joined, numberText, text } from './texts.js';

const TOGGLE_CODES = new Set(['F3', 'Backquote']);
/** Update interval of the figures. Numbers that change every frame would be unreadable. */
const UPDATE_INTERVAL_MS = 400;

/**
 * @typedef {import('../netcode/index.js').Connection} Connection
 * @typedef {import('../netcode/index.js').SnapshotInfo} SnapshotInfo
 */

/** The net graph overlay. */
export class NetGraph {
  /** @param {import('./panels/overlay_panels.js').OverlayPanels} panels */
  constructor(panels) {
    this.panels = panels;
    this.panel = panels.add('netgraph', 'tool-graph', text('tool.graph'));
    this.root = this.panel.root;
    this.gauges = new Gauges();
    this.breakdownTable = new BreakdownTable();
    this.lineLoss = new LineLoss();
    this.summary = createElement('p', 'facts');
    this.root.append(this.gauges.root, this.breakdownTable.root, this.summary);
    /** @type {Connection | null} */
    this.connection = null;
    this.traffic = new Traffic(0);
    this.updatedMs = -Infinity;
  }

  /** Starts listening for its keys and its button, for the lifetime of the page. */
  start() {
    window.addEventListener('keydown', (event) => this.handleKeyDown(event));
    this.panel.button.addEventListener('click', () => this.toggle());
    this.panel.button.addEventListener('pointerdown', (event) => event.preventDefault());
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!TOGGLE_CODES.has(event.code) || event.repeat || !isGameKey(event)) return;
    event.preventDefault();
    this.toggle();
  }

  toggle() {
    this.panels.toggle(this.panel);
  }

  /**
   * Updates the graph.
   * @param {Connection | null} connection
   * @param {SnapshotInfo[]} snapshots received since the last frame
   * @param {import('../netcode/index.js').TransportChoice} choice
   * @param {number} nowMs
   */
  show(connection, snapshots, choice, nowMs) {
    this.observe(this.root.hidden ? null : connection, nowMs);
    this.gauges.recordFrame(nowMs);
    if (this.connection === null) return;
    for (const snapshot of snapshots) {
      this.traffic.add(snapshot);
      this.gauges.recordSnapshot(this.connection, snapshot);
    }
    this.gauges.draw();
    if (nowMs - this.updatedMs < UPDATE_INTERVAL_MS) return;
    this.updatedMs = nowMs;
    this.gauges.updateValues(this.connection, nowMs);
    this.breakdownTable.show(this.traffic.recent(nowMs));
    this.lineLoss.add(this.connection.datagramCounts, nowMs);
    setText(this.summary, summaryOf(this.connection, this.lineLoss.percent, choice.lateTicks(nowMs)));
  }

  /**
   * @param {Connection | null} connection to observe
   * @param {number} nowMs
   */
  observe(connection, nowMs) {
    if (connection === this.connection) return;
    if (this.connection) this.connection.breakdownEnabled = false;
    if (connection) connection.breakdownEnabled = true;
    this.connection = connection;
    this.traffic = new Traffic(nowMs);
    // There is no data yet, so wait for one interval before the first update of the figures.
    this.updatedMs = nowMs;
  }
}

/**
 * @param {Connection} connection
 * @param {number | null} lostPercent of the datagrams; `null` if there are none
 * @param {number} lateTicks
 */
function summaryOf({ statistics, replica, transport }, lostPercent, lateTicks) {
  const { checksums, resyncs, fullSnapshots, lateInputs } = statistics;
  const mismatches = resyncs === 0 ? text('graph.allMatch') : text('graph.resyncs', { count: resyncs });
  return [
    text('graph.tick', { tick: String(replica?.tick ?? '–') }),
    joined(text('graph.checksums', { count: checksums }), mismatches),
    text('graph.fullSnapshots', { count: fullSnapshots }),
    text('graph.lateInputs', { count: lateInputs }),
    joined(text(`transport.${transport}`), lossText(lostPercent, lateTicks)),
  ].join(' · ');
}

/** @param {number | null} lostPercent @param {number} lateTicks */
function lossText(lostPercent, lateTicks) {
  if (lostPercent === null) return text('graph.lateTicks', { count: lateTicks });
  return text('graph.lostDatagrams', { percent: numberText(lostPercent, 1) });
}
