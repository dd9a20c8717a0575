// @ts-check
/** Replica and prediction of a game in WebAssembly. They have the interfaces of `Replica` and `Prediction`. */

import { DecodeError } from './bytes.js';
import { ReplicaError } from './replica.js';
import { Tick } from './units.js';
import { WasmClient } from './wasm_client.js';

/**
 * @typedef {import('./game_event.js').GameEvent} GameEvent
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Snapshot} Snapshot
 * @typedef {import('./codec.js').Standing} Standing
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./grid.js').ViewRect} ViewRect
 * @typedef {import('./replica.js').Player} Player
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./rules.js').Rules} Rules
 *
 * @typedef {Welcome & {bytes: Uint8Array}} WasmWelcome a Welcome, and its bytes
 * @typedef {Snapshot & {bytes: Uint8Array}} WasmSnapshot a snapshot, with only its header decoded, and its bytes
 *
 * @typedef {import('./wasm_client.js').WordReader} WordReader
 *
 * @typedef {object} Layout decodes the words of the game's values. Mirrors the Rust trait `Layout`
 * @property {Decode<Entity>} entity
 * @property {Decode<GameEvent>} event
 * @property {Decode<Rules>} rules
 * @property {Decode<Standing>} standing
 * @property {(controls: ControlsValue) => number[]} controlsWords
 * @property {(action: any) => number[]} [actionWords] absent if the game has no actions
 * @property {Decode<unknown>} [refusal]
 * @property {Decode<unknown>} [secret] absent if the game has no secrets
 * @property {typeof import('./drawable.js').interpolateEntities} interpolate
 */

/**
 * @template T
 * @typedef {(words: Int32Array, at: number, shapes: import('./wasm_values.js').Shapes) => T} Decode decodes the value whose
 *   words begin at the index `at`
 */

// Errors after which the client needs a full snapshot.
const UNKNOWN_ENTITY = -5;
const DESYNC = -6;
/** The flag of a full snapshot. */
const FULL = 1;
/** The flag of a snapshot with outcomes of actions. */
const OUTCOMES = 128;
/** The flag of a snapshot with a new secret. */
const SECRET = 256;
/** The flag of a snapshot with events for this player only. */
const PRIVATE_EVENTS = 512;

/** The entities in view and the known players, at the newest tick received. */
export class WasmReplica {
  #client;
  #layout;
  /** @type {{tick: number, view: ViewRect} | null} */
  #state = null;
  /** Decoded on demand. @type {Map<number, Entity> | null} */
  #entities = null;
  /** Decoded on demand. @type {Map<number, Player> | null} */
  #players = null;

  /**
   * @param {WasmClient} client which has received the Welcome
   * @param {Layout} layout
   * @param {Pick<Welcome, 'cellSize' | 'rules'>} welcome
   */
  constructor(client, layout, { cellSize, rules }) {
    this.#client = client;
    this.#layout = layout;
    this.cellSize = cellSize;
    this.rules = rules;
    /** Whether the room waits until its players are ready. */
    this.waiting = false;
    /** What only this player knows; `undefined` if there is nothing to know. @type {unknown} */
    this.secret = undefined;
  }

  /** @returns {WasmClient} the client that contains the replica and the prediction */
  get client() {
    return this.#client;
  }

  /** @returns {number | null} the current tick; `null` while waiting for a full snapshot */
  get tick() {
    return this.#state && this.#state.tick;
  }

  /** @returns {ViewRect | null} the cells in view; `null` while waiting for a full snapshot */
  get view() {
    return this.#state && this.#state.view;
  }

  /** @returns {Map<number, Entity>} the entities in view */
  get entities() {
    this.#entities ??= readEntities(this.#client, this.#layout, this.#client.call('entities'));
    return this.#entities;
  }

  /** @returns {Map<number, Player>} the players in the room */
  get players() {
    this.#players ??= this.#readPlayers();
    return this.#players;
  }

  /** @returns {WasmReplica} an independent copy */
  clone() {
    const copy = new WasmReplica(this.#client.clone(), this.#layout, this);
    copy.#state = this.#state;
    copy.waiting = this.waiting;
    copy.secret = this.secret;
    return copy;
  }

  /**
   * @param {number} ticks
   * @returns {Map<number, Entity>} the entities in view, coasted by this number of ticks
   */
  extrapolate(ticks) {
    return readEntities(this.#client, this.#layout, this.#client.call('extrapolate', ticks));
  }

  /**
   * Advances to the snapshot's tick, and confirms the inputs that the snapshot reports.
   * @param {Snapshot} snapshot
   * @returns {SnapshotEffects}
   * @throws {ReplicaError} if the snapshot cannot be applied. After that, the replica accepts only a full snapshot
   * @throws {DecodeError} if the snapshot is invalid
   */
  apply(snapshot) {
    const { header, bytes } = /** @type {WasmSnapshot} */ (snapshot);
    const view = header.view ?? this.view;
    this.#state = null;
    this.#entities = null;
    this.#players = null;
    const result = this.#client.receive(bytes);
    if (result < 0 || view === null) {
      throw this.#errorOf(result);
    }
    const effects = this.#readEffects(this.#client.read(result));
    this.waiting = isWaiting(this.waiting, effects);
    this.#state = { tick: effects.tick, view };
    return effects;
  }

  /** @param {number} result @returns {ReplicaError} */
  #errorOf(result) {
    const reader = this.#client.read(2);
    switch (result) {
      case UNKNOWN_ENTITY:
        return new ReplicaError('unknownEntity', { tick: reader.unsigned(), id: reader.unsigned() });
      case DESYNC:
        return new ReplicaError('desync', { tick: reader.unsigned() });
      default:
        return new ReplicaError('expectedFull');
    }
  }

  /** @param {WordReader} reader @returns {SnapshotEffects} */
  #readEffects(reader) {
    reader.signed(); // the kind of the message
    const tick = reader.unsigned();
    const flags = reader.signed();
    reader.bytes(2); // stamp and margin, which the header also contains
    /** @type {[number, Entity][]} */
    const despawned = times(reader.unsigned(), () => [reader.unsigned(), reader.value(this.#layout.entity)]);
    const room = times(reader.unsigned(), () => readRoomEvent(reader, this.#layout));
    const events = room.flatMap((event) => (event.kind === 'game' ? [event.event] : []));
    const full = (flags & FULL) !== 0;
    const outcomes = (flags & OUTCOMES) === 0 ? undefined : readOutcomes(reader, this.#layout);
    this.#readSecret(reader, flags);
    const privateEvents = (flags & PRIVATE_EVENTS) === 0
      ? undefined : times(reader.unsigned(), () => reader.value(this.#layout.event));
    return { tick, full, despawned, events, room, ...(outcomes && { outcomes }), ...(privateEvents && { privateEvents }) };
  }

  /** @param {WordReader} reader @param {number} flags */
  #readSecret(reader, flags) {
    if ((flags & SECRET) !== 0) {
      this.secret = reader.value(this.#layout.secret ?? (() => undefined));
    } else if ((flags & FULL) !== 0) {
      this.secret = undefined;
    }
  }

  /** @returns {Map<number, Player>} */
  #readPlayers() {
    const reader = this.#client.read(this.#client.call('players'));
    /** @type {Map<number, Player>} */
    const players = new Map();
    while (!reader.isAtEnd) {
      const { player, name, playerKind } = readIntroduction(reader);
      const [team, ready] = [reader.signed(), reader.signed() !== 0];
      const standing = reader.value(this.#layout.standing);
      players.set(player, { name, kind: playerKind, standing, team: team < 0 ? null : team, ready });
    }
    return players;
  }
}

/** The inputs that the server has not confirmed, and their predicted effect. */
export class WasmPrediction {
  #replica;
  #layout;

  /** @param {WasmReplica} replica @param {Layout} layout */
  constructor(replica, layout) {
    this.#replica = replica;
    this.#layout = layout;
    /** Has no effect: this prediction always starts from the server's state. */
    this.reconciliationEnabled = true;
  }

  /** @returns {number} the number of unconfirmed inputs */
  get pending() {
    return this.#replica.client.call('pending');
  }

  /** Records an input that was sent for `tick`. @param {number} tick @param {ControlsValue} controls */
  record(tick, controls) {
    this.#replica.client.callWith('record', wordBytes(this.#layout.controlsWords(controls)), tick);
  }

  /**
   * Records that an action was sent, and waits for its outcome.
   * @param {number} sequence @param {number} tick the stamp @param {any} action
   */
  recordAction(sequence, tick, action) {
    this.#replica.client.callWith('record_action', wordBytes(this.#layout.actionWords?.(action) ?? []), sequence, tick);
  }

  /** Does nothing: the replica confirms the inputs when it applies a snapshot. */
  confirm() {}

  /**
   * Predicts the player's avatar at tick `to`, and the entities that it spawns after the replica's tick.
   * @param {WasmReplica} replica
   * @param {number} to
   * @returns {Map<number, Entity>}
   */
  predict(replica, to) {
    return readEntities(replica.client, this.#layout, replica.client.call('predict', to));
  }

  /**
   * Predicts the player's avatar and other own entities at the fractional tick `at`, for drawing.
   * @param {WasmReplica} replica
   * @param {number} at
   * @returns {Map<number, Drawable>}
   */
  sample(replica, at) {
    const newest = replica.tick;
    if (newest === null) {
      return new Map();
    }
    const isBehind = Tick.isNewerThan(newest, Math.floor(at) >>> 0);
    const [tick, fraction] = isBehind ? [newest, 0] : [Math.floor(at) >>> 0, at - Math.floor(at)];
    const [before, after] = [tick, Tick.next(tick)].map((to) =>
      readEntities(replica.client, this.#layout, replica.client.call('predict_own', to)));
    return this.#layout.interpolate(before, after, fraction, replica.rules.tickRate);
  }
}

/** @param {WasmClient} client @param {Layout} layout @param {number} length of the output @returns {Map<number, Entity>} */
function readEntities(client, layout, length) {
  const reader = client.read(length);
  /** @type {Map<number, Entity>} */
  const entities = new Map();
  while (!reader.isAtEnd) {
    entities.set(reader.unsigned(), reader.value(layout.entity));
  }
  return entities;
}

/** @param {boolean} before @param {SnapshotEffects} effects @returns {boolean} whether the room waits after a snapshot */
function isWaiting(before, { full, room }) {
  return room.reduce((waiting, event) => (event.kind === 'waiting' ? event.waiting : waiting), before && !full);
}

/** @param {WordReader} reader @param {Layout} layout @returns {RoomEvent} */
function readRoomEvent(reader, layout) {
  switch (reader.signed()) {
    case 0:
      return { kind: 'joined', ...readIntroduction(reader) };
    case 1:
      return { kind: 'left', player: reader.signed() };
    case 2:
      return { kind: 'standing', player: reader.signed(), standing: reader.value(layout.standing) };
    case 3:
      return { kind: 'game', event: reader.value(layout.event) };
    case 5:
      return { kind: 'team', player: reader.signed(), team: reader.signed() };
    case 6:
      return { kind: 'ready', player: reader.signed(), ready: reader.signed() !== 0 };
    case 7:
      return { kind: 'waiting', waiting: reader.signed() !== 0 };
    default:
      return { kind: 'present', ...readIntroduction(reader) };
  }
}

/** @param {WordReader} reader @param {Layout} layout @returns {import('./codec.js').ActionOutcomes} */
function readOutcomes(reader, layout) {
  return { first: reader.unsigned(), outcomes: times(reader.unsigned(), () => readOutcome(reader, layout)) };
}

/** @param {WordReader} reader @param {Layout} layout @returns {import('./codec.js').ActionOutcome} */
function readOutcome(reader, layout) {
  switch (reader.signed()) {
    case 0:
      return { kind: 'accepted' };
    case 1:
      return { kind: 'refused', refusal: reader.value(layout.refusal ?? (() => null)) };
    default:
      return { kind: 'rateLimited' };
  }
}

/** @param {WordReader} reader @returns {{player: number, name: string, playerKind: 'human' | 'ai'}} */
function readIntroduction(reader) {
  const player = reader.signed();
  return { player, playerKind: reader.signed() === 0 ? 'human' : 'ai', name: reader.text() };
}

/**
 * @template T
 * @param {number} count @param {() => T} read
 * @returns {T[]} the results of `count` calls
 */
function times(count, read) {
  return Array.from({ length: count }, read);
}

/** @param {number[]} words @returns {Uint8Array} the words as bytes, little-endian */
export function wordBytes(words) {
  return new Uint8Array(Int32Array.from(words).buffer);
}
