// @ts-check
/** A client's copy of the world. Mirrors `replica.rs`. */

import { Digest } from './digest.js';
import { cloneEntity, patchEntity } from './entity.js';
import { Grid } from './grid.js';
import { Rules } from './rules.js';
import { tally } from './standing.js';
import { Tick } from './units.js';
import { coastAll, steerAll } from './world.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./codec.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Standing} Standing
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./grid.js').ViewRect} ViewRect
 *
 * @typedef {{name: string, kind: 'person' | 'drone', standing: Standing}} Member somebody in the room
 *
 * @typedef {object} Applied what a snapshot brought that the replica's new state does not show
 * @property {number} tick the tick it is for
 * @property {boolean} reset whether everything before it was forgotten
 * @property {[number, Entity][]} removed what the server took out, as it would have been: what ended by itself or left the
 *   view is not here
 * @property {GameEvent[]} events what happened in the game
 * @property {RoomEvent[]} room all that the room was told
 *
 * @typedef {'noReset' | 'unknownEntity' | 'unknownPlayer' | 'desync'} ReplicaErrorKind
 */

/** A snapshot could not be applied. Send `recover`, and go on with the reset that comes. */
export class ReplicaError extends Error {
  /**
   * @param {ReplicaErrorKind} kind
   * @param {{tick?: number, id?: number, player?: number}} [at] when, and who or what is not known
   */
  constructor(kind, at = {}) {
    super(`${kind} ${JSON.stringify(at)}`);
    this.name = 'ReplicaError';
    this.kind = kind;
    this.tick = at.tick ?? null;
    this.id = at.id ?? null;
    this.player = at.player ?? null;
  }
}

const NOBODY = Object.freeze({ score: 0, kills: 0, deaths: 0 });

/** What of the world is in view, at the newest tick it was told about. Look at it; only `apply` changes it. */
export class Replica {
  /** @type {{tick: number, view: ViewRect} | null} */
  #state = null;
  #grid;

  /**
   * @param {Pick<Welcome, 'cellSize' | 'rules'>} welcome
   * @throws {RangeError} if there is no world with such rules
   */
  constructor({ cellSize, rules }) {
    if (rules.tickRate < 1 || rules.worldSize < 1) {
      throw new RangeError('a world has a size and a tick rate');
    }
    this.rules = rules;
    this.#grid = new Grid(Rules.extent(rules), cellSize);
    /** @type {Map<number, Entity>} what is in view */
    this.entities = new Map();
    /** @type {Map<number, Member>} who is in the room */
    this.members = new Map();
  }

  /** @returns {number | null} the tick it is at, once it has one */
  get tick() {
    return this.#state && this.#state.tick;
  }

  /** @returns {ViewRect | null} the cells it sees, once it sees any */
  get view() {
    return this.#state && this.#state.view;
  }

  /**
   * Advances to the snapshot's tick: steer, coast, patch, and drop what is out of view, before and after.
   * @param {Snapshot} snapshot
   * @returns {Applied}
   * @throws {ReplicaError} the replica is then waiting for a reset
   */
  apply(snapshot) {
    try {
      return this.#tryApply(snapshot);
    } catch (error) {
      this.#state = null;
      throw error;
    }
  }

  /** @param {Snapshot} snapshot @returns {Applied} */
  #tryApply(snapshot) {
    const { tick, view } = this.#advance(snapshot);
    this.#state = { tick, view };
    const { header, room } = snapshot;
    /** @type {Applied} */
    const applied = { tick, reset: header.reset !== null, removed: [], events: [], room };
    snapshot.changes.forEach((change) => this.#change(tick, change, applied));
    this.#dropUnseen(view);
    room.forEach((event) => this.#hear(tick, event, applied));
    if (header.checksum !== null && header.checksum !== this.#checksum(tick)) {
      throw new ReplicaError('desync', { tick });
    }
    return applied;
  }

  /**
   * Takes the world to the snapshot's tick, undisturbed but for new controls.
   * @param {Snapshot} snapshot
   * @returns {{tick: number, view: ViewRect}}
   */
  #advance({ header, changes }) {
    if (header.reset !== null) {
      this.entities.clear();
      this.members.clear();
      if (header.view === null) {
        throw new ReplicaError('noReset');
      }
      return { tick: header.reset, view: header.view };
    }
    if (this.#state === null) {
      throw new ReplicaError('noReset');
    }
    const tick = Tick.next(this.#state.tick);
    if (header.view !== null) {
      // Of what is no longer seen nothing was said, so that nothing must be computed from it either.
      this.#dropUnseen(header.view);
    }
    const unknown = steerAll(this.entities, changes);
    if (unknown !== null) {
      throw new ReplicaError('unknownEntity', { tick, id: unknown });
    }
    coastAll(this.rules, this.entities);
    return { tick, view: header.view ?? this.#state.view };
  }

  /** @param {ViewRect} view */
  #dropUnseen(view) {
    for (const [id, entity] of this.entities) {
      if (!this.#grid.sees(view, entity)) {
        this.entities.delete(id);
      }
    }
  }

  /** @param {number} tick @param {Change} change @param {Applied} applied */
  #change(tick, change, applied) {
    const { id } = change;
    switch (change.kind) {
      case 'steer':
        break;
      case 'patch':
        patchEntity(this.#known(tick, id), change.patch);
        break;
      case 'set':
        this.entities.set(id, cloneEntity(change.entity));
        break;
      case 'remove':
        applied.removed.push([id, this.#known(tick, id)]);
        this.entities.delete(id);
        break;
    }
  }

  /** @param {number} tick @param {number} id @returns {Entity} */
  #known(tick, id) {
    const entity = this.entities.get(id);
    if (entity === undefined) {
      throw new ReplicaError('unknownEntity', { tick, id });
    }
    return entity;
  }

  /** @param {number} tick @param {RoomEvent} event @param {Applied} applied */
  #hear(tick, event, applied) {
    switch (event.kind) {
      case 'joined':
        this.members.set(event.player, { name: event.name, kind: event.member, standing: NOBODY });
        break;
      case 'left':
        this.members.delete(event.player);
        break;
      case 'standing': {
        const member = this.members.get(event.player);
        if (member === undefined) {
          throw new ReplicaError('unknownPlayer', { tick, player: event.player });
        }
        member.standing = event.standing;
        break;
      }
      case 'game':
        tally(this.members, event.event);
        applied.events.push(event.event);
        break;
    }
  }

  /** @param {number} tick @returns {number} the checksum that a snapshot of this tick would carry */
  #checksum(tick) {
    return (Digest.ofEntities(this.entities) + tick) >>> 0;
  }
}
