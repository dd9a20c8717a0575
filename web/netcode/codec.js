// @ts-check
/** The messages and their bytes. Mirrors `message.rs` and `codec.rs`. */

import { DecodeError, Reader, Writer } from './bytes.js';
import { Controls } from './controls.js';
import { readControls, readEntity } from './entity.js';
import { isPlayerName, isRoomName } from './name.js';
import { Rules } from './rules.js';

/** The version of the messages. */
export const VERSION = 1;
/** The WebSocket subprotocol that client and server agree on. */
export const SUBPROTOCOL = 'tickcast.1';
/** What this build speaks and computes: the four bytes that `codec::fingerprint::<Arena>()` has, in hexadecimal. */
export const FINGERPRINT = '59b9bc29';
/** The most bytes of a server message. */
export const SERVER_MESSAGE_BYTES_MAX = 2 << 20;

const TOKEN = /^[0-9a-f]{32}$/;
const TICKET = /^[!-~]{1,256}$/;

/**
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./grid.js').ViewRect} ViewRect
 * @typedef {import('./rules.js').Rules} ArenaRules
 *
 * @typedef {{kind: 'player', name: string} | {kind: 'spectator'}} Role
 * @typedef {{width: number, height: number}} Viewport how many world units a client's window shows
 *
 * @typedef {object} Hello
 * @property {'hello'} kind
 * @property {Role} role
 * @property {Viewport} viewport
 * @property {string | null} [resume] to take a lost seat again: the newest token of that seat
 * @property {string | null} [ticket] to be let in, where the server asks for tickets
 * @property {string} [fingerprint]
 *
 * @typedef {Hello
 *   | {kind: 'input', tick: number, acknowledged: number, controls: ControlsValue}
 *   | {kind: 'acknowledge', tick: number}
 *   | {kind: 'viewport', viewport: Viewport}
 *   | {kind: 'ping', number: number}
 *   | {kind: 'recover'}} ClientMessage
 *
 * @typedef {object} Welcome
 * @property {'welcome'} kind
 * @property {Seat | null} seat the client's seat; `null` for a spectator
 * @property {string} room
 * @property {number} tickRate ticks a second
 * @property {number} cellSize the side of a grid cell, in world units
 * @property {ArenaRules} rules
 *
 * @typedef {object} Seat
 * @property {number} player whose it is
 * @property {string} token how to take it again, should the connection be lost: 16 bytes in hexadecimal
 * @property {boolean} resumed whether it is the seat that the client had before
 *
 * @typedef {{kind: 'pong', number: number}} Pong
 * @typedef {{kind: 'drain', reconnectAfterMs: number}} Drain the server is about to close
 * @typedef {Welcome | Pong | Drain | Snapshot} ServerMessage
 *
 * @typedef {object} Snapshot what one client is told for one tick
 * @property {'snapshot'} kind
 * @property {SnapshotHeader} header
 * @property {RoomEvent[]} room
 * @property {Change[]} changes
 *
 * @typedef {object} SnapshotHeader
 * @property {number | null} reset everything is to be forgotten, and this is the tick
 * @property {InputReport | null} report what became of the newest input, told once
 * @property {ViewRect | null} view the new view, if it changed
 * @property {number | null} checksum over all that is in view, plus the tick
 *
 * @typedef {{stamp: number, margin: number}} InputReport the low byte of the input's tick, and how many ticks early it came
 *
 * @typedef {{score: number, kills: number, deaths: number}} Standing
 * @typedef {{kind: 'player', player: number} | {kind: 'rock'}} Destroyer
 * @typedef {{kind: 'destroyed', victim: number, by: Destroyer}} GameEvent
 * @typedef {{kind: 'joined', player: number, name: string, member: 'person' | 'drone'}
 *   | {kind: 'left', player: number}
 *   | {kind: 'standing', player: number, standing: Standing}
 *   | {kind: 'game', event: GameEvent}} RoomEvent
 *
 * @typedef {{kind: 'steer', id: number, controls: ControlsValue}
 *   | {kind: 'patch', id: number, patch: {hull: number}}
 *   | {kind: 'set', id: number, entity: Entity}
 *   | {kind: 'remove', id: number}} Change how an entity differs from its coasted self
 *
 * @typedef {(part: RoomEvent | Change, bytes: number) => void} Observe is told of every part of a snapshot how long it is
 */

/**
 * The bytes of a client message.
 * @param {ClientMessage} message
 * @returns {Uint8Array}
 * @throws {RangeError} if a number, a name, a token or a ticket does not fit
 */
export function encodeClient(message) {
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
      writer.fixed16(Controls.toBits(message.controls));
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
    case 'recover':
      writer.u32(5);
      break;
  }
  return writer.finish();
}

/** @param {Writer} writer @param {Hello} hello */
function writeHello(writer, { fingerprint = FINGERPRINT, role, viewport, resume = null, ticket = null }) {
  writer.hex(fingerprint);
  writeRole(writer, role);
  writeViewport(writer, viewport);
  writer.option(resume, (token) => writer.hex(matching(TOKEN, token, 'this is no resume token')));
  writer.option(ticket, (text) => writer.text(matching(TICKET, text, 'this is no ticket')));
}

/** @param {RegExp} pattern @param {string} text @param {string} otherwise @returns {string} */
function matching(pattern, text, otherwise) {
  if (!pattern.test(text)) {
    throw new RangeError(otherwise);
  }
  return text;
}

/** @param {Writer} writer @param {Role} role */
function writeRole(writer, role) {
  if (role.kind === 'spectator') {
    writer.u32(1);
    return;
  }
  if (!isPlayerName(role.name)) {
    throw new RangeError('the name is too long');
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
/** The first byte of a snapshot: this bit and its flags. */
const SNAPSHOT = 0x40;
const RESET = 1;
const REPORT = 2;
const VIEW = 4;
const CHECKSUM = 8;
const ROOM = 16;
const CHANGES = 32;

/**
 * Reads a server message.
 * @param {Uint8Array | ArrayBuffer} bytes
 * @param {Observe | null} [observe]
 * @returns {ServerMessage}
 * @throws {DecodeError} whatever else the bytes are
 */
export function decodeServer(bytes, observe = null) {
  const all = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (all.length > SERVER_MESSAGE_BYTES_MAX) {
    throw new DecodeError('tooLong', 'the message is too long');
  }
  const reader = new Reader(all);
  const message = readMessage(reader, observe);
  reader.end();
  return message;
}

/** @param {Reader} reader @param {Observe | null} observe @returns {ServerMessage} */
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
  return (head & 0xc0) === SNAPSHOT ? readSnapshot(head, reader, observe) : refuse('no such message');
}

/** @param {Reader} reader @returns {Welcome} */
function readWelcome(reader) {
  const seat = reader.option(() => readSeat(reader));
  const room = reader.text();
  if (!isRoomName(room)) {
    refuse('a room has no such name');
  }
  const [tickRate, cellSize] = [reader.u16(), reader.u16()];
  return { kind: 'welcome', seat, room, tickRate, cellSize, rules: readRules(reader) };
}

/** @param {Reader} reader @returns {Seat} */
function readSeat(reader) {
  return { player: readPlayer(reader), token: reader.hex(16), resumed: reader.flag() };
}

/** @param {Reader} reader @returns {ArenaRules} */
function readRules(reader) {
  const rules = { tickRate: reader.u16(), worldSize: reader.u16() };
  return Rules.areSound(rules) ? rules : refuse('these are no rules of an arena');
}

/** @param {number} head @param {Reader} reader @param {Observe | null} observe @returns {Snapshot} */
function readSnapshot(head, reader, observe) {
  const header = {
    reset: head & RESET ? reader.u32() : null,
    report: head & REPORT ? { stamp: reader.byte(), margin: reader.signedByte() } : null,
    view: head & VIEW ? readView(reader) : null,
    checksum: head & CHECKSUM ? reader.fixed32() : null,
  };
  const room = head & ROOM ? readParts(reader, readRoomEvent, observe) : [];
  const changes = head & CHANGES ? readParts(reader, readChange, observe) : [];
  return { kind: 'snapshot', header, room, changes };
}

/**
 * @template {RoomEvent | Change} Part
 * @param {Reader} reader
 * @param {(reader: Reader) => Part} read
 * @param {Observe | null} observe
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
      return { kind: 'joined', player: readPlayer(reader), name: readPlayerName(reader), member: readMemberKind(reader) };
    case 1:
      return { kind: 'left', player: readPlayer(reader) };
    case 2:
      return { kind: 'standing', player: readPlayer(reader), standing: readStanding(reader) };
    case 3:
      return { kind: 'game', event: readGameEvent(reader) };
    default:
      return refuse('no such event');
  }
}

/** @param {Reader} reader @returns {string} */
function readPlayerName(reader) {
  const name = reader.text();
  return isPlayerName(name) ? name : refuse('a name is too long');
}

/** @param {Reader} reader @returns {'person' | 'drone'} */
function readMemberKind(reader) {
  const tag = reader.u32();
  return tag === 0 ? 'person' : tag === 1 ? 'drone' : refuse('no such member');
}

/** @param {Reader} reader @returns {Standing} */
function readStanding(reader) {
  return { score: reader.u32(), kills: reader.u16(), deaths: reader.u16() };
}

/** @param {Reader} reader @returns {GameEvent} */
function readGameEvent(reader) {
  const number = reader.leb128();
  const victim = seat(number >>> 1);
  return { kind: 'destroyed', victim, by: number & 1 ? { kind: 'player', player: readPlayer(reader) } : { kind: 'rock' } };
}

/** @param {Reader} reader @returns {number} */
function readPlayer(reader) {
  return seat(reader.leb128());
}

/** @param {number} number @returns {number} */
function seat(number) {
  return number <= 0xffff ? number : refuse('there are not so many seats');
}

/** @param {Reader} reader @returns {Change} */
function readChange(reader) {
  const key = reader.leb128();
  const id = key >>> 2;
  switch (key & 3) {
    case 0:
      return { kind: 'steer', id, controls: readControls(reader) };
    case 1:
      return { kind: 'patch', id, patch: { hull: reader.byte() } };
    case 2:
      return { kind: 'set', id, entity: readEntity(reader) };
    default:
      return { kind: 'remove', id };
  }
}

/** @param {string} what @returns {never} */
function refuse(what) {
  throw new DecodeError('malformed', what);
}
