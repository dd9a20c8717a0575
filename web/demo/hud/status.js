// @ts-check
// Which room one is in, who else is, and how good the connection is.

import { element, write } from '../page.js';

const FAIR_MS = 120;
const POOR_MS = 250;
/** After this long without a snapshot one is told. */
const STALL_MS = 1000;

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
    write(this.room, scene.room);
    write(this.count, headCount(scene.members));
    write(this.text, linkText(scene));
    this.link.dataset.bars = String(bars(scene));
  }
}

/** @param {import('../scene.js').MemberView[]} members */
function headCount(members) {
  const drones = members.filter((member) => member.isDrone).length;
  const players = members.length - drones;
  const text = `${players} ${players === 1 ? 'player' : 'players'}`;
  return drones === 0 ? text : `${text}, ${drones} ${drones === 1 ? 'drone' : 'drones'}`;
}

/** @param {import('../scene.js').Scene} scene */
function linkText({ phase, rttMs, silentMs }) {
  if (phase === 'connecting') return 'connecting';
  if (phase === 'returning') return 'connection lost';
  if (phase === 'closed') return 'not connected';
  if (silentMs > STALL_MS) return `nothing heard for ${Math.floor(silentMs / 1000)} s`;
  return rttMs === null ? 'connected' : `connected, ${Math.round(rttMs)} ms`;
}

/** @param {import('../scene.js').Scene} scene */
function bars({ phase, rttMs, silentMs }) {
  if (phase === 'closed' || phase === 'connecting' || phase === 'returning' || silentMs > STALL_MS) return 0;
  const ms = rttMs ?? 0;
  return ms < FAIR_MS ? 3 : ms < POOR_MS ? 2 : 1;
}
