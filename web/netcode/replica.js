// @ts-check
/** A client's copy of the world in view. Mirrors the Rust `Replica`. */

import { DecodeError } from './bytes.js';
import { Digest } from './digest.js';
import { cloneEntities, cloneEntity, patchEntity } from './entity.js';
import { Grid } from './grid.js';
import { Rules } from './rules.js';
import { NEW_STANDING, applyStandingChanges } from './standing.js';
import { Tick } from './units.js';
import { applyControls, coastAll } from './world.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./game_event.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').PlayerKind} PlayerKind
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Standing} Standing
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./grid.js').ViewRect} ViewRect
 *
 * @typedef {{name: string, kind: PlayerKind, standing: Standing, team: number | null, ready: boolean}} Player a player of
 *   the room. `team` is `null` in a room without teams. `ready` is whether the player is ready, while the room waits
 *
 * @typedef {object} SnapshotEffects the events and despawned entities of a snapshot: the replica's state does not show them
 * @property {number} tick the tick of the snapshot
 * @property {boolean} full whether it was a full snapshot
 * @property {[number, Entity][]} despawned ids and last states of the entities that the server despawned. Excludes entities
 *   that expired or left the view
 * @property {any[]} events values of the game's event type
 * @property {RoomEvent[]} room all room events, including the game events
 * @property {import('./codec.js').ActionOutcomes} [outcomes] of the player's own actions
 * @property {any[]} [privateEvents] events for this player only
 *
 * @typedef {'expectedFull' | 'unknownEntity' | 'desync'} ReplicaErrorKind
 */

/** A snapshot could not be applied. Request a resync, and continue with the full snapshot that the server then sends. */
export class ReplicaError extends Error {
  /**
   * @param {ReplicaErrorKind} kind
   * @param {{tick?: number, id?: number}} [at] the tick of the snapshot, and the id of the unknown entity
   */
  constructor(kind, at = {}) {
    super(`${kind} ${JSON.stringify(at)}`);
    this.name = 'ReplicaError';
    this.kind = kind;
    this.tick = at.tick ?? null;
    this.id = at.id ?? null;
  }
}

/**
 * The entities in view and the known players, at the newest tick received. Only `apply` may modify them. Players who
 * joined in the last few seconds are not known yet, except the client's own player. In a large room, the client learns of
 * some players only in the first seconds after a full snapshot.
 */
export class Replica {
  /** @type {{tick: number, view: ViewRect} | null} */
  #state = null;
  #grid;

  /**
   * @param {Pick<Welcome, 'cellSize' | 'rules'>} welcome
   * @throws {RangeError} if the rules are invalid
   */
  constructor({ cellSize, rules }) {
    if (rules.tickRate < 1 || rules.worldSize < 1) {
      throw new RangeError('invalid tick rate or world size');
    }
    this.rules = rules;
    this.cellSize = cellSize;
    this.#grid = new Grid(Rules.extent(rules), cellSize);
    /** @type {Map<number, Entity>} the entities in view */
    this.entities = new Map();
    /** @type {Map<number, Player>} the players in the room */
    this.players = new Map();
    /** Whether the room waits until its players are ready: the match has not begun. */
    this.waiting = false;
    /** @type {unknown} what only this player knows. The bundled game has no secrets */
    this.secret = undefined;
  }

  /** @returns {number | null} the current tick; `null` while waiting for a full snapshot */
  get tick() {
    return this.#state && this.#state.tick;
  }

  /** @returns {ViewRect | null} the cells in view; `null` while waiting for a full snapshot */
  get view() {
    return this.#state && this.#state.view;
  }

  /** @returns {Replica} an independent copy */
  clone() {
    const copy = new Replica(this);
    copy.#state = this.#state;
    copy.waiting = this.waiting;
    copy.entities = cloneEntities(this.entities);
    copy.players = new Map(Array.from(this.players, ([id, player]) => [id, { ...player }]));
    return copy;
  }

  /**
   * @param {number} ticks
   * @returns {Map<number, Entity>} the entities in view, coasted by this number of ticks
   */
  extrapolate(ticks) {
    const entities = cloneEntities(this.entities);
    for (let tick = 0; tick < ticks; tick += 1) {
      coastAll(this.rules, entities);
    }
    return entities;
  }

  /**
   * Advances to the snapshot's tick. For a delta snapshot, these are the steps: drop entities outside a new view, apply new
   * controls, coast, apply the other changes, drop entities that left the view, apply the room events, and compare the
   * checksum. For a full snapshot, one step replaces the first three: remove all entities and players.
   * @param {Snapshot} snapshot
   * @returns {SnapshotEffects}
   * @throws {ReplicaError} if the snapshot cannot be applied. After that, the replica accepts only a full snapshot
   */
  apply(snapshot) {
    try {
      return this.#tryApply(snapshot);
    } catch (error) {
      this.#state = null;
      throw error;
    }
  }

  /** @param {Snapshot} snapshot @returns {SnapshotEffects} */
  #tryApply(snapshot) {
    const { tick, view } = this.#advance(snapshot);
    this.#state = { tick, view };
    const { header, room } = snapshot;
    /** @type {SnapshotEffects} */
    const effects = { tick, full: header.full !== null, despawned: [], events: [], room };
    if (snapshot.outcomes !== undefined) {
      effects.outcomes = snapshot.outcomes;
    }
    if (snapshot.privateEvents !== undefined) {
      effects.privateEvents = snapshot.privateEvents;
    }
    snapshot.changes.forEach((change) => this.#applyChange(tick, change, effects));
    this.#dropOutOfView(view);
    room.forEach((event) => this.#applyRoomEvent(event, effects));
    if (header.checksum !== null && header.checksum !== this.#checksum(tick)) {
      throw new ReplicaError('desync', { tick });
    }
    return effects;
  }

  /**
   * For a delta snapshot, applies new controls and coasts. For a full snapshot, clears everything.
   * @param {Snapshot} snapshot
   * @returns {{tick: number, view: ViewRect}} the tick and the view of the snapshot
   */
  #advance({ header, changes }) {
    if (header.full !== null) {
      this.entities.clear();
      this.players.clear();
      this.waiting = false;
      if (header.view === null) {
        throw new ReplicaError('expectedFull');
      }
      return { tick: header.full, view: header.view };
    }
    if (this.#state === null) {
      throw new ReplicaError('expectedFull');
    }
    const tick = Tick.next(this.#state.tick);
    if (header.view !== null) {
      // The server sends no changes for entities outside the new view. Drop such entities before coasting: otherwise, a
      // ship with outdated controls could fire a bullet that does not exist on the server.
      this.#dropOutOfView(header.view);
    }
    const unknown = applyControls(this.entities, changes);
    if (unknown !== null) {
      throw new ReplicaError('unknownEntity', { tick, id: unknown });
    }
    coastAll(this.rules, this.entities);
    return { tick, view: header.view ?? this.#state.view };
  }

  /** @param {ViewRect} view */
  #dropOutOfView(view) {
    for (const [id, entity] of this.entities) {
      if (!this.#grid.isInView(view, entity)) {
        this.entities.delete(id);
      }
    }
  }

  /** @param {number} tick @param {Change} change @param {SnapshotEffects} effects */
  #applyChange(tick, change, effects) {
    const { id } = change;
    switch (change.kind) {
      case 'controls':
        break;
      case 'patch':
        patchEntity(this.#known(tick, id), change.patch);
        break;
      case 'upsert':
        this.entities.set(id, cloneEntity(change.entity));
        break;
      case 'despawn':
        effects.despawned.push([id, this.#known(tick, id)]);
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

  /** @param {RoomEvent} event @param {SnapshotEffects} effects */
  #applyRoomEvent(event, effects) {
    switch (event.kind) {
      case 'joined':
      case 'present':
        this.players.set(event.player,
          { team: null, ready: false, name: event.name, kind: event.playerKind, standing: NEW_STANDING });
        break;
      case 'left':
        this.players.delete(event.player);
        break;
      case 'standing': {
        // The player may not be known yet.
        const player = this.players.get(event.player);
        if (player !== undefined) {
          player.standing = event.standing;
        }
        break;
      }
      case 'game':
        applyStandingChanges(this.players, event.event);
        effects.events.push(event.event);
        break;
      case 'team':
      case 'ready': {
        const player = this.players.get(event.player);
        if (player !== undefined) {
          Object.assign(player, event.kind === 'team' ? { team: event.team } : { ready: event.ready });
        }
        break;
      }
      case 'waiting':
        this.waiting = event.waiting;
        break;
    }
  }

  /** @param {number} tick @returns {number} the checksum to compare with the one in the server's snapshot of this tick */
  #checksum(tick) {
    return (Digest.ofEntities(this.entities) + tick) >>> 0;
  }
}

/**
 * Creates the replica of the room in a Welcome.
 * @param {Welcome} welcome
 * @returns {Replica}
 * @throws {DecodeError} if the Welcome contains invalid rules
 */
export function createReplica(welcome) {
  try {
    return new Replica(welcome);
  } catch (error) {
    throw error instanceof RangeError ? new DecodeError('malformed', error.message) : error;
  }
}
