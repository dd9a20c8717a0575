// @ts-check
// HUD lines that show the room's name, its player count and the connection quality.

import { element, setText } from '../dom.js';
import { roomTitle } from '../room_title.js';
import { joined, text } from '../texts.js';

/** Round-trip times. From `FAIR_MS` on, a connection is shown as fair; from `POOR_MS` on, as poor. */
const FAIR_MS = 120;
const POOR_MS = 250;

/** The status lines. */
export class Status {
  constructor() {
    this.room = element('room-name', HTMLElement);
    this.count = element('room-count', HTMLElement);
    this.link = element('link', HTMLElement);
    this.text = element('link-text', HTMLElement);
  }

  /** @param {import('../scene.js').Scene} scene */
  show(scene) {
    const room = roomTitle(scene.room);
    setText(this.room, scene.replay ? text('hud.replayOf', { room }) : room);
    setText(this.count, playerCountText(scene.players));
    setText(this.text, linkText(scene));
    this.link.dataset.bars = String(bars(scene));
  }
}

/** @param {import('../scene.js').PlayerView[]} players */
function playerCountText(players) {
  const drones = players.filter(({ isAi }) => isAi).length;
  const humans = players.length - drones;
  return joined(text('hud.players', { count: humans }), drones > 0 ? text('hud.drones', { count: drones }) : '');
}

/** @param {import('../scene.js').Scene} scene */
function linkText({ phase, rttMs, isStalled, snapshotAgeMs }) {
  if (phase === 'connecting') return text('link.connecting');
  if (phase === 'reconnecting') return text('link.lost');
  if (phase === 'closed') return text('link.disconnected');
  if (isStalled) return text('link.stalled', { seconds: Math.floor(snapshotAgeMs / 1000) });
  return rttMs === null ? text('link.connected') : text('link.roundTrip', { ms: Math.round(rttMs) });
}

/** @param {import('../scene.js').Scene} scene */
function bars({ phase, rttMs, isStalled }) {
  if (phase === 'closed' || phase === 'connecting' || phase === 'reconnecting' || isStalled) return 0;
  const ms = rttMs ?? 0;
  return ms < FAIR_MS ? 3 : ms < POOR_MS ? 2 : 1;
}
