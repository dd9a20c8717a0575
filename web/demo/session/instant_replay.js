// @ts-check
// The instant replay of the player's death: the last seconds from the killer's point of view. It contains only what the client
// itself had received, so it reveals nothing, not even in rooms that delay their spectators.

import { PlaybackBuffer, Tick } from '../../netcode/index.js';
import { visualEventsIn } from './events.js';
import { Roster } from './roster.js';
import { addViews, emptyViews } from './views.js';

/** Time before the death that is shown. */
const BEFORE_S = 6;
/** Time between the death and the beginning of the replay. The replay ends with what happened in this time: the explosion. */
export const REPLAY_DELAY_S = 0.7;
/** The time to record: the above, and a little more because of the latency. */
export const RECORDED_S = 8;
/** A death is not replayed if less than this was recorded before it, for example after a reconnection. */
const BEFORE_S_MIN = 1;
/** Snapshots are applied to the replica of the replay at most this long before they are drawn. */
const AHEAD_S = 0.5;
/** Fraction of the distance to the followed ship that remains after one second of camera motion. */
const REMAINING_AFTER_S = 0.002;

/**
 * @typedef {import('../scene.js').InstantReplayView} InstantReplayView
 * @typedef {import('../scene.js').PlayerRef} PlayerRef
 * @typedef {{tick: number, player: number, killer: PlayerRef | null}} Death `killer` is `null` if a rock destroyed the ship
 */

/** An instant replay. */
export class InstantReplay {
  /**
   * @param {import('../../netcode/index.js').Take} take
   * @param {Death} death
   */
  constructor({ replica, snapshots }, death) {
    this.replica = replica;
    this.snapshots = snapshots;
    this.death = death;
    this.total = snapshots.length;
    this.firstTick = replica.tick ?? 0;
    this.buffer = new PlaybackBuffer(replica.rules);
    this.roster = new Roster();
    this.roster.localPlayer = death.player;
    this.roster.update(replica);
    /** @type {import('../scene.js').Point | null} */
    this.focus = null;
    this.drawnMs = 0;
  }

  /**
   * @param {import('../../netcode/index.js').Recording | null} recording
   * @param {Death} death
   * @param {number} tickRate
   * @returns {InstantReplay | null} `null` if too little was recorded
   */
  static of(recording, death, tickRate) {
    const take = recording?.from(death.tick - BEFORE_S * tickRate) ?? null;
    const before = take === null ? 0 : Tick.since(death.tick, take.replica.tick ?? death.tick);
    return take !== null && before >= BEFORE_S_MIN * tickRate ? new InstantReplay(take, death) : null;
  }

  /** @param {number} nowMs @returns {boolean} whether all ticks were drawn */
  isOver(nowMs) {
    return this.snapshots.length === 0 && this.buffer.bufferedTicks(nowMs) === 0;
  }

  /**
   * Returns what to draw.
   * @param {number} nowMs
   * @returns {InstantReplayView}
   */
  frame(nowMs) {
    this.fill(nowMs);
    const { buffer, replica, roster, death } = this;
    const effects = buffer.takeDueEffects(nowMs);
    const views = emptyViews();
    addViews(views, buffer.sample(nowMs).values(), roster.players, replica.rules.tickRate);
    this.moveFocus(views.ships, nowMs);
    return {
      ...views,
      worldSize: replica.rules.worldSize,
      visualEvents: effects.flatMap((due) => visualEventsIn(due, death.player)),
      focus: this.focus,
      received: receivedArea(replica),
      killer: death.killer,
      progress: Math.min((buffer.tickAt(nowMs) - this.firstTick) / this.total, 1),
    };
  }

  /** Applies the snapshots that will be drawn next. @param {number} nowMs */
  fill(nowMs) {
    const { buffer, replica, roster } = this;
    while (this.snapshots.length > 0 && buffer.bufferedTicks(nowMs) < AHEAD_S * replica.rules.tickRate) {
      const effects = replica.apply(this.snapshots[0]);
      this.snapshots.shift();
      if (effects.room.length > 0) roster.update(replica);
      buffer.push(replica, effects, nowMs);
    }
  }

  /**
   * Follows the killer's ship; while it is out of the player's view, the player's own ship.
   * @param {import('../scene.js').ShipView[]} ships
   * @param {number} nowMs
   */
  moveFocus(ships, nowMs) {
    const { killer, player } = this.death;
    const shipOf = (/** @type {number | undefined} */ pilot) => ships.find((ship) => ship.player === pilot);
    const ship = shipOf(killer?.player) ?? shipOf(player);
    const before = this.focus ?? ship;
    const fraction = 1 - REMAINING_AFTER_S ** ((nowMs - this.drawnMs) / 1000);
    this.drawnMs = nowMs;
    if (!before || !ship) return;
    this.focus = { x: before.x + (ship.x - before.x) * fraction, y: before.y + (ship.y - before.y) * fraction };
  }
}

/**
 * The part of the world that the client received, in units.
 * @param {import('../../netcode/index.js').Replica} replica
 * @returns {import('../scene.js').Area}
 */
function receivedArea({ view, cellSize, rules }) {
  const last = Math.ceil(rules.worldSize / cellSize) - 1;
  if (view === null) return { left: 0, top: 0, right: 0, bottom: 0 };
  return {
    left: view.left === 0 ? -Infinity : view.left * cellSize,
    top: view.top === 0 ? -Infinity : view.top * cellSize,
    right: view.right >= last ? Infinity : (view.right + 1) * cellSize,
    bottom: view.bottom >= last ? Infinity : (view.bottom + 1) * cellSize,
  };
}
