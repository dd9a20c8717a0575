// @ts-check
/** A game that was compiled to WebAssembly. */

import { DecodeError } from './bytes.js';
import { peekHeader } from './codec.js';
import { controlsRules } from './value_controls.js';
import { DEFAULT_PLACEMENT, errorOf, interpolatorOf } from './value_drawable.js';
import { WasmClient } from './wasm_client.js';
import { WasmPrediction, WasmReplica, wordBytes } from './wasm_replica.js';
import { readValue, valueWords } from './wasm_values.js';

/**
 * @typedef {import('./codec.js').Seat} Seat
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./game.js').Game} Game
 * @typedef {import('./value_drawable.js').Placement} Placement
 * @typedef {import('./wasm_client.js').WordReader} WordReader
 * @typedef {import('./wasm_replica.js').Layout} Layout
 * @typedef {import('./wasm_replica.js').WasmWelcome} WasmWelcome
 */

const WELCOME = 0;
const PONG = 1;

/**
 * A game whose Rust code contains `client!(MyGame)`. Its values describe themselves.
 * @param {WebAssembly.Module} module
 * @param {Partial<Placement>} [placement] what of an entity is interpolated, if not the fields `position` and `heading`
 * @returns {Game & {controls: {NONE: any}}}
 */
export function wasmGame(module, placement = {}) {
  const codec = new WasmClient(module);
  const placed = { ...DEFAULT_PLACEMENT, ...placement };
  const page = {
    avatar: (/** @type {number} */ player) => codec.call('avatar', player) >>> 0,
    owns: (/** @type {number} */ player, /** @type {number} */ id) => codec.call('is_own', player, id) === 1,
    controls: controlsRules(codec.read(codec.call('no_controls')).value(readValue)),
    predictionError: errorOf(placed),
  };
  return gameOfWords(module, page, {
    entity: readKind,
    event: readKind,
    rules: readValue,
    standing: readValue,
    controlsWords: valueWords,
    actionWords: valueWords,
    refusal: readValue,
    secret: readValue,
    interpolate: interpolatorOf(placed),
  });
}

/** Reads an entity or an event: a variant of an enum, or another value. @type {import('./wasm_replica.js').Decode<any>} */
function readKind(words, at, shapes) {
  const value = readValue(words, at, shapes);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { value };
}

/**
 * A game whose Rust code contains `client!(MyGame as WordLayout)`.
 * @param {WebAssembly.Module} module
 * @param {Pick<Game, 'avatar' | 'owns' | 'controls' | 'predictionError'>} page what the module does not export
 * @param {Layout} layout
 * @returns {Game}
 */
export function gameOfWords(module, page, layout) {
  // Decodes messages that belong to no replica yet, and encodes controls.
  const codec = new WasmClient(module);
  return Object.freeze({
    fingerprint: hexOf(wordBytes([codec.call('fingerprint')])),
    decodeServer: (/** @type {Uint8Array | ArrayBuffer} */ data) => decodeServer(codec, layout, data),
    encodeControls: (/** @type {ControlsValue} */ controls) => encodeControls(codec, layout, controls),
    encodeAction: layout.actionWords && ((/** @type {any} */ action) => encodeAction(codec, layout, action)),
    controls: page.controls,
    createReplica: (/** @type {Welcome} */ welcome) => createReplica(module, layout, welcome),
    createPrediction: (/** @type {any} */ _player, /** @type {any} */ replica) => (
      /** @type {any} */ (new WasmPrediction(replica, layout))
    ),
    avatar: page.avatar,
    owns: page.owns,
    predictionError: page.predictionError,
    interpolate: layout.interpolate,
  });
}

/**
 * Decodes the header of a snapshot, or the whole of another message. The replica decodes the rest of a snapshot.
 * @param {WasmClient} codec
 * @param {Layout} layout
 * @param {Uint8Array | ArrayBuffer} data
 * @returns {ServerMessage}
 * @throws {DecodeError}
 */
function decodeServer(codec, layout, data) {
  const bytes = data instanceof Uint8Array ? data : new Uint8Array(data);
  const header = peekHeader(bytes);
  if (header !== null) {
    return /** @type {ServerMessage} */ ({ kind: 'snapshot', header, room: [], changes: [], bytes });
  }
  const result = codec.receive(bytes);
  if (result < 0) {
    throw new DecodeError('malformed', 'the cell size does not fit the world');
  }
  const reader = codec.read(result);
  switch (reader.signed()) {
    case PONG:
      return { kind: 'pong', number: reader.unsigned() };
    case WELCOME:
      return /** @type {ServerMessage} */ ({ ...readWelcome(reader, layout), bytes });
    default:
      return { kind: 'drain', reconnectAfterMs: reader.unsigned() };
  }
}

/** @param {WordReader} reader @param {Layout} layout @returns {Welcome} */
function readWelcome(reader, layout) {
  const player = reader.signed();
  const resumed = reader.signed() !== 0;
  const token = hexOf(reader.bytes(4));
  const tickRate = reader.signed();
  const pace = reader.signed() === 0 ? 'steady' : 'onDemand';
  const cellSize = reader.signed();
  const room = reader.text();
  const seat = player < 0 ? null : { player, token, resumed };
  return { kind: 'welcome', seat, room, tickRate, pace, cellSize, rules: reader.value(layout.rules) };
}

/** @param {WebAssembly.Module} module @param {Layout} layout @param {Welcome} welcome @returns {any} */
function createReplica(module, layout, welcome) {
  const client = new WasmClient(module);
  client.receive(/** @type {WasmWelcome} */ (welcome).bytes);
  return new WasmReplica(client, layout, welcome);
}

/** @param {WasmClient} codec @param {Layout} layout @param {ControlsValue} controls @returns {Uint8Array} */
function encodeControls(codec, layout, controls) {
  const length = codec.callWith('controls', wordBytes(layout.controlsWords(controls)));
  if (length < 0) {
    throw new RangeError(`invalid controls: ${codec.reason()}`);
  }
  return codec.read(length).countedBytes();
}

/** @param {WasmClient} codec @param {Layout} layout @param {any} action @returns {Uint8Array} */
function encodeAction(codec, layout, action) {
  const length = codec.callWith('action', wordBytes(layout.actionWords?.(action) ?? []));
  if (length < 0) {
    throw new RangeError(`invalid action: ${codec.reason()}`);
  }
  return codec.read(length).countedBytes();
}

/** @param {Uint8Array} bytes @returns {string} */
function hexOf(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
