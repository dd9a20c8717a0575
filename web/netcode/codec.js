// @ts-check
/** The messages and their encoding. Mirrors the Rust modules `message` and `codec`. */

import { DecodeError, Reader, Writer } from './bytes.js';
import { readGameEvent } from './game_event.js';
import { Controls } from './controls.js';
import { readControls, readEntity, readPatch } from './entity.js';
import { isPlayerName, isRoomName } from './name.js';
import { readPlayer } from './player_id.js';
import { Rules } from './rules.js';

/** Version of the message encoding. */
export const VERSION = 1;
/** WebSocket subprotocol that client and server negotiate. */
export const SUBPROTOCOL = 'tickcast.1';
/** Identifies the message encodings and the kernel's behaviour: Rust's `codec::fingerprint`, in hexadecimal. */
export const FINGERPRINT = '6a150d6d';
/** Maximum size of a server message. */
export const SERVER_MESSAGE_BYTES_MAX = 2 << 20;
/** The highest speed of a replay, in quarters of real time. */
export const SPEED_QUARTERS_MAX = 64;

const TOKEN = /^[0-9a-f]{32}$/;
const TICKET = /^[\w.-]{1,1024}$/;

/**
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./grid.js').ViewRect} ViewRect
 * @typedef {import('./rules.js').Rules} ArenaRules
 *
 * @typedef {{kind: 'player', name: string} | {kind: 'spectator'}} Role
 * @typedef {{width: number, height: number}} Viewport the size of the client's window, in world units
 *
 * @typedef {object} Hello
 * @property {'hello'} kind
 * @property {Role} role
 * @property {Viewport} viewport
 * @property {string | null} [resume] the newest resume token of the seat to resume
 * @property {string | null} [ticket] required by servers with ticket authentication
 * @property {string | null} [profile] secret of the player's profile: 32 hexadecimal digits
 * @property {number | null} [team] the team to join; by default, the smallest
 * @property {string} [fingerprint]
 *
 * @typedef {Hello
 *   | {kind: 'input', tick: number, acknowledged: number, controls: ControlsValue}
 *   | {kind: 'acknowledge', tick: number}
 *   | {kind: 'viewport', viewport: Viewport}
 *   | {kind: 'ping', number: number}
 *   | {kind: 'resync'}
 *   | {kind: 'seek', tick: number}
 *   | {kind: 'speed', quarters: number}
 *   | {kind: 'pause', paused: boolean}
 *   | {kind: 'act', sequence: number, tick: number, action: Uint8Array}
 *   | {kind: 'ready', ready: boolean}} ClientMessage `action` is encoded
 *
 * @typedef {object} Welcome
 * @property {'welcome'} kind
 * @property {Seat | null} seat `null` for a spectator
 * @property {string} room
 * @property {number} tickRate ticks per second; with pace on demand, at most
 * @property {Pace} pace
 * @property {number} cellSize the side of a grid cell, in world units
 * @property {ArenaRules} rules
 *
 * @typedef {'steady' | 'onDemand'} Pace when the room ticks: at its tick rate; or when a client has done something, and
 *   otherwise once per second
 *
 * @typedef {object} Seat
 * @property {number} player the id of the player
 * @property {string} token resumes the seat after a lost connection: 16 bytes in hexadecimal
 * @property {boolean} resumed whether this is the seat that the client asked to resume; otherwise, the seat is new
 *
 * @typedef {{kind: 'pong', number: number}} Pong
 * @typedef {{kind: 'drain', reconnectAfterMs: number}} Drain the server is about to shut down
 * @typedef {Welcome | Pong | Drain | Snapshot} ServerMessage
 *
 * @typedef {object} Snapshot the data sent to one client for one tick
 * @property {'snapshot'} kind
 * @property {SnapshotHeader} header
 * @property {RoomEvent[]} room
 * @property {Change[]} changes
 * @property {ActionOutcomes} [outcomes] of the player's own actions; absent if there are none
 * @property {GameEvent[]} [privateEvents] events for this player only; absent if there are none
 *
 * @typedef {{kind: 'accepted'} | {kind: 'refused', refusal: any} | {kind: 'rateLimited'}} ActionOutcome
 * @typedef {{first: number, outcomes: ActionOutcome[]}} ActionOutcomes outcomes of consecutive actions; `first` is the
 *   number of the first of them
 *
 * @typedef {object} SnapshotHeader
 * @property {number | null} full the tick of a full snapshot, which replaces all state; `null` for a delta snapshot
 * @property {InputReport | null} report the report on an input applied in this tick; `null` if there is no report
 * @property {ViewRect | null} view the new view; `null` if it did not change; never `null` in a full snapshot
 * @property {number | null} checksum the sum of the tick and the digest of all entities in view, modulo 2³². It is sent at
 *   intervals; `null` in the other snapshots
 *
 * @typedef {{stamp: number, margin: number}} InputReport `stamp` is the low byte of the input's stamp.
 *   `margin` is the number of ticks by which the input arrived early; negative if it was late
 *
 * @typedef {import('./game_event.js').GameEvent} GameEvent
 * @typedef {import('./entity.js').Patch} Patch
 *
 * @typedef {'human' | 'ai'} PlayerKind
 * @typedef {{score: number, kills: number, deaths: number, streak: number}} Standing
 * @typedef {{kind: 'joined', player: number, name: string, playerKind: PlayerKind}
 *   | {kind: 'present', player: number, name: string, playerKind: PlayerKind}
 *   | {kind: 'left', player: number}
 *   | {kind: 'standing', player: number, standing: Standing}
 *   | {kind: 'game', event: GameEvent}
 *   | {kind: 'team', player: number, team: number}
 *   | {kind: 'ready', player: number, ready: boolean}
 *   | {kind: 'waiting', waiting: boolean}} RoomEvent
 *
 * @typedef {{kind: 'controls', id: number, controls: ControlsValue}
 *   | {kind: 'patch', id: number, patch: Patch}
 *   | {kind: 'upsert', id: number, entity: Entity}
 *   | {kind: 'despawn', id: number}} Change a difference between the server's state of an entity and its
 *   coasted state
 *
 * @typedef {(part: RoomEvent | Change, bytes: number) => void} PartObserver receives each room event and change of
 *   a snapshot, and its encoded size
 */

/**
 * Encodes a client message.
 * @param {ClientMessage} message
 * @param {(controls: ControlsValue) => Uint8Array} [encodeControls] encodes the controls of the game
 * @returns {Uint8Array}
 * @throws {RangeError} if a number, name, token, ticket or secret is out of range
 */
export function encodeClient(message, encodeControls = Controls.encode) {
  const writer = new Writer();
  switch (message.kind) {
    case 'hello':
      writer.u32(0);
      writeHello(writer, message);
      break;
    case 'input':
      writer.u32(1);
      writer.u32(message.tick);
      writer.u32(message.acknowledged);
      encodeControls(message.controls).forEach((byte) => writer.byte(byte));
      break;
    case 'acknowledge':
      writer.u32(2);
      writer.u32(message.tick);
      break;
    case 'viewport':
      writer.u32(3);
      writeViewport(writer, message.viewport);
      break;
    case 'ping':
      writer.u32(4);
      writer.u32(message.number);
      break;
    case 'resync':
      writer.u32(5);
      break;
    case 'seek':
      writer.u32(6);
      writer.u32(message.tick);
      break;
    case 'speed':
      writer.u32(7);
      writer.byte(inRange(message.quarters, 1, SPEED_QUARTERS_MAX, 'invalid speed'));
      break;
    case 'pause':
      writer.u32(8);
      writer.byte(message.paused ? 1 : 0);
      break;
    case 'act':
      writer.u32(9);
      writer.u32(message.sequence);
      writer.u32(message.tick);
      message.action.forEach((byte) => writer.byte(byte));
      break;
    case 'ready':
      writer.u32(10);
      writer.byte(message.ready ? 1 : 0);
      break;
  }
  return writer.finish();
}

/** @param {Writer} writer @param {Hello} hello */
function writeHello(writer, hello) {
  const { fingerprint = FINGERPRINT, role, viewport, resume = null, ticket = null, profile = null, team = null } = hello;
  writer.hex(fingerprint);
  writeRole(writer, role);
  writeViewport(writer, viewport);
  writer.option(resume, (token) => writer.hex(matching(TOKEN, token, 'invalid resume token')));
  writer.option(ticket, (text) => writer.text(matching(TICKET, text, 'invalid ticket')));
  writer.option(profile, (secret) => writer.hex(matching(TOKEN, secret, 'invalid secret of a profile')));
  writer.option(team, (number) => writer.byte(inRange(number, 0, 255, 'invalid team')));
}

/** @param {RegExp} pattern @param {string} text @param {string} error @returns {string} */
function matching(pattern, text, error) {
  if (!pattern.test(text)) {
    throw new RangeError(error);
  }
  return text;
}

/** @param {number} number @param {number} min @param {number} max @param {string} error @returns {number} */
function inRange(number, min, max, error) {
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new RangeError(error);
  }
  return number;
}

/** @param {Writer} writer @param {Role} role */
function writeRole(writer, role) {
  if (role.kind === 'spectator') {
    writer.u32(1);
    return;
  }
  if (!isPlayerName(role.name)) {
    throw new RangeError('player name too long');
  }
  writer.u32(0);
  writer.text(role.name);
}

/** @param {Writer} writer @param {Viewport} viewport */
function writeViewport(writer, viewport) {
  writer.u16(viewport.width);
  writer.u16(viewport.height);
}

const WELCOME = 0;
const PONG = 1;
const DRAIN = 2;
/** The first byte of a snapshot consists of this bit and the flags below. */
const SNAPSHOT = 0x40;
const FULL = 1;
const REPORT = 2;
const VIEW = 4;
const CHECKSUM = 8;
const ROOM = 16;
const CHANGES = 32;
const PERSONAL = 128;
/** Entity ids are less than this. */
const ENTITY_ID_LIMIT = 2 ** 30;
/** The contents of a personal section. The bundled game has no secrets: theirs take no bytes. */
const OUTCOMES = 1;
const PRIVATE_EVENTS = 4;

/**
 * Decodes a server message.
 * @param {Uint8Array | ArrayBuffer} bytes
 * @param {PartObserver | null} [observe]
 * @returns {ServerMessage}
 * @throws {DecodeError} unless the bytes are exactly one valid message
 */
export function decodeServer(bytes, observe = null) {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (all.length > SERVER_MESSAGE_BYTES_MAX) {
    throw new DecodeError('tooLong', 'message too long');
  }
  const reader = new Reader(all);
  const message = readMessage(reader, observe);
  reader.expectEnd();
  return message;
}

/** @param {Reader} reader @param {PartObserver | null} observe @returns {ServerMessage} */
function readMessage(reader, observe) {
  const head = reader.byte();
  if (head === WELCOME) {
    return readWelcome(reader);
  }
  if (head === PONG) {
    return { kind: 'pong', number: reader.u32() };
  }
  if (head === DRAIN) {
    return { kind: 'drain', reconnectAfterMs: reader.u16() };
  }
  return (head & SNAPSHOT) !== 0 ? readSnapshot(head, reader, observe) : fail('unknown message');
}

/** @param {Reader} reader @returns {Welcome} */
function readWelcome(reader) {
  const seat = reader.option(() => readSeat(reader));
  const room = reader.text();
  if (!isRoomName(room)) {
    fail('invalid room name');
  }
  const tickRate = reader.u16();
  const pace = readPace(reader);
  const cellSize = reader.u16();
  return { kind: 'welcome', seat, room, tickRate, pace, cellSize, rules: readRules(reader) };
}

/** @param {Reader} reader @returns {Pace} */
function readPace(reader) {
  const tag = reader.u32();
  return tag === 0 ? 'steady' : tag === 1 ? 'onDemand' : fail('unknown pace');
}

/** @param {Reader} reader @returns {Seat} */
function readSeat(reader) {
  return { player: readPlayer(reader), token: reader.hex(16), resumed: reader.flag() };
}

/** @param {Reader} reader @returns {ArenaRules} */
function readRules(reader) {
  const rules = { tickRate: reader.u16(), worldSize: reader.u16(), roundS: reader.u16() };
  return Rules.areValid(rules) ? rules : fail('invalid rules');
}

/**
 * Decodes only the header of a snapshot.
 * @param {Uint8Array} bytes
 * @returns {SnapshotHeader | null} `null` if the message is not a snapshot
 * @throws {DecodeError} if the header is incomplete
 */
export function peekHeader(bytes) {
  const reader = new Reader(bytes);
  const head = reader.byte();
  return (head & SNAPSHOT) !== 0 ? readHeader(head, reader) : null;
}

/** @param {number} head @param {Reader} reader @returns {SnapshotHeader} */
function readHeader(head, reader) {
  return {
    full: head & FULL ? reader.u32() : null,
    report: head & REPORT ? { stamp: reader.byte(), margin: reader.signedByte() } : null,
    view: head & VIEW ? readView(reader) : null,
    checksum: head & CHECKSUM ? reader.fixed32() : null,
  };
}

/** @param {number} head @param {Reader} reader @param {PartObserver | null} observe @returns {Snapshot} */
function readSnapshot(head, reader, observe) {
  const header = readHeader(head, reader);
  const room = head & ROOM ? readParts(reader, readRoomEvent, observe) : [];
  const changes = head & CHANGES ? readParts(reader, readChange, observe) : [];
  /** @type {Snapshot} */
  const snapshot = { kind: 'snapshot', header, room, changes };
  if (head & PERSONAL) {
    readPersonal(reader, snapshot);
  }
  return snapshot;
}

/** @param {Reader} reader @param {Snapshot} snapshot receives the contents */
function readPersonal(reader, snapshot) {
  const contents = reader.byte();
  if (contents === 0 || contents > 7) {
    fail('unknown contents of a personal section');
  }
  if (contents & OUTCOMES) {
    snapshot.outcomes = { first: reader.u32(), outcomes: reader.list(() => readOutcome(reader)) };
  }
  if (contents & PRIVATE_EVENTS) {
    snapshot.privateEvents = reader.list(() => readGameEvent(reader));
  }
}

/** The bundled game has no actions, so it refuses none. @param {Reader} reader @returns {ActionOutcome} */
function readOutcome(reader) {
  const tag = reader.u32();
  return tag === 0 ? { kind: 'accepted' } : tag === 2 ? { kind: 'rateLimited' } : fail('unknown outcome of an action');
}

/**
 * @template {RoomEvent | Change} Part
 * @param {Reader} reader
 * @param {(reader: Reader) => Part} read
 * @param {PartObserver | null} observe
 * @returns {Part[]}
 */
function readParts(reader, read, observe) {
  if (observe === null) {
    return reader.list(() => read(reader));
  }
  return reader.list(() => {
    const before = reader.remaining;
    const part = read(reader);
    observe(part, before - reader.remaining);
    return part;
  });
}

/** @param {Reader} reader @returns {ViewRect} */
function readView(reader) {
  return { left: reader.byte(), top: reader.byte(), right: reader.byte(), bottom: reader.byte() };
}

/** @param {Reader} reader @returns {RoomEvent} */
function readRoomEvent(reader) {
  switch (reader.u32()) {
    case 0:
      return { kind: 'joined', ...readIntroduction(reader) };
    case 1:
      return { kind: 'left', player: readPlayer(reader) };
    case 2:
      return { kind: 'standing', player: readPlayer(reader), standing: readStanding(reader) };
    case 3:
      return { kind: 'game', event: readGameEvent(reader) };
    case 4:
      return { kind: 'present', ...readIntroduction(reader) };
    case 5:
      return { kind: 'team', player: readPlayer(reader), team: reader.byte() };
    case 6:
      return { kind: 'ready', player: readPlayer(reader), ready: reader.flag() };
    case 7:
      return { kind: 'waiting', waiting: reader.flag() };
    default:
      return fail('unknown room event');
  }
}

/** @param {Reader} reader @returns {{player: number, name: string, playerKind: PlayerKind}} */
function readIntroduction(reader) {
  return { player: readPlayer(reader), name: readPlayerName(reader), playerKind: readPlayerKind(reader) };
}

/** @param {Reader} reader @returns {string} */
function readPlayerName(reader) {
  const name = reader.text();
  return isPlayerName(name) ? name : fail('player name too long');
}

/** @param {Reader} reader @returns {PlayerKind} */
function readPlayerKind(reader) {
  const tag = reader.u32();
  return tag === 0 ? 'human' : tag === 1 ? 'ai' : fail('unknown player kind');
}

/** @param {Reader} reader @returns {Standing} */
function readStanding(reader) {
  return { score: reader.u32(), kills: reader.u16(), deaths: reader.u16(), streak: reader.u16() };
}

/** @param {Reader} reader @returns {Change} */
function readChange(reader) {
  const first = reader.byte();
  if (first < 0x80) {
    return { kind: 'controls', id: first, controls: readControls(reader) };
  }
  const id = readId(first, reader);
  switch ((first >> 5) & 3) {
    case 0:
      return { kind: 'controls', id, controls: readControls(reader) };
    case 1:
      return { kind: 'patch', id, patch: readPatch(reader) };
    case 2:
      return { kind: 'upsert', id, entity: readEntity(reader) };
    default:
      return { kind: 'despawn', id };
  }
}

/**
 * @param {number} first byte of a key with a kind: it contains the low 4 bits of the id
 * @param {Reader} reader
 * @returns {number} the id of an entity
 */
function readId(first, reader) {
  const high = first & 0x10 ? reader.leb128() : 0;
  return high < ENTITY_ID_LIMIT / 16 ? high * 16 + (first & 15) : fail('entity id exceeds 30 bits');
}

/** @param {string} text @returns {never} */
function fail(text) {
  throw new DecodeError('malformed', text);
}
