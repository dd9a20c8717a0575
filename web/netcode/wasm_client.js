// @ts-check
/**
 * A client that was compiled to WebAssembly with the Rust macro `client!`. The documentation of the crate `tickcast-client`
 * describes the functions, and the words of each record.
 */

import { DecodeError } from './bytes.js';
import { shapeOf } from './wasm_values.js';

/**
 * @typedef {import('./wasm_values.js').Shape} Shape
 * @typedef {import('./wasm_values.js').Shapes} Shapes
 */

/** The version of the interface that this module uses. */
const INTERFACE_VERSION = 3;
/** The error that the function returns if the input is not a valid message. */
const MALFORMED = -1;
const UTF8 = new TextDecoder('utf-8');

/** Reads the words of a record from front to back. */
export class WordReader {
  #words;
  #shapes;
  #at = 0;

  /** @param {Int32Array} words @param {Shapes} shapes of the client that has written the words */
  constructor(words, shapes) {
    this.#words = words;
    this.#shapes = shapes;
  }

  /** @returns {boolean} whether all words were read */
  get isAtEnd() {
    return this.#at >= this.#words.length;
  }

  /** @returns {number} a signed number */
  signed() {
    return this.#words[this.#at++];
  }

  /** @returns {number} an unsigned number */
  unsigned() {
    return this.#words[this.#at++] >>> 0;
  }

  /** @param {number} count number of words @returns {Uint8Array} a copy of their bytes */
  bytes(count) {
    const start = this.#at;
    this.#at += count;
    return new Uint8Array(this.#words.slice(start, this.#at).buffer);
  }

  /** @returns {Uint8Array} bytes that their number precedes */
  countedBytes() {
    const length = this.unsigned();
    return this.bytes(Math.ceil(length / 4)).subarray(0, length);
  }

  /** @returns {string} */
  text() {
    return UTF8.decode(this.countedBytes());
  }

  /**
   * @template T
   * @param {(words: Int32Array, at: number, shapes: Shapes) => T} decode receives the words, and the index of the value's
   *   first word
   * @returns {T} the value. The word before the value is the number of words of the value
   */
  value(decode) {
    const length = this.unsigned();
    const value = decode(this.#words, this.#at, this.#shapes);
    this.#at += length;
    return value;
  }
}

/** An instance of the module: one client of one room. */
export class WasmClient {
  #module;
  /** @type {any} */
  #exports;
  /** Shapes that were used before, by number. @type {Shape[]} */
  #shapes = [];

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.#module = module;
    this.#exports = new WebAssembly.Instance(module).exports;
    const version = this.call('version');
    if (version !== INTERFACE_VERSION) {
      throw new Error(`the WebAssembly client has version ${version} of the interface, not ${INTERFACE_VERSION}`);
    }
  }

  /** @returns {WasmClient} an independent copy: an instance with the same memory */
  clone() {
    const copy = new WasmClient(this.#module);
    const [from, to] = [this.#memory, copy.#memory];
    to.grow((from.buffer.byteLength - to.buffer.byteLength) / 0x10000);
    new Uint8Array(to.buffer).set(new Uint8Array(from.buffer));
    return copy;
  }

  /**
   * Calls a function without input.
   * @param {string} name without the prefix `tickcast_`
   * @param {...number} parameters
   * @returns {number}
   * @throws {Error} with the message of the panic, if the function panics
   */
  call(name, ...parameters) {
    try {
      return this.#exports[`tickcast_${name}`](...parameters);
    } catch (error) {
      const isTrap = error instanceof WebAssembly.RuntimeError;
      throw isTrap ? new Error(this.#panicText() || error.message, { cause: error }) : error;
    }
  }

  /**
   * Calls a function whose last parameter is the number of bytes in the input.
   * @param {string} name
   * @param {Uint8Array} input
   * @param {...number} parameters
   * @returns {number}
   * @throws {DecodeError} if the input is too long
   */
  callWith(name, input, ...parameters) {
    const address = this.call('input', input.length) >>> 0;
    if (address === 0) {
      throw new DecodeError('tooLong', 'message too long');
    }
    new Uint8Array(this.#memory.buffer, address, input.length).set(input);
    return this.call(name, ...parameters, input.length);
  }

  /**
   * Passes a server message to the client.
   * @param {Uint8Array} message
   * @returns {number} the number of words in the output, or an error
   * @throws {DecodeError} if the message is invalid
   */
  receive(message) {
    const result = this.callWith('receive', message);
    if (result === MALFORMED) {
      throw new DecodeError('malformed', 'invalid message');
    }
    return result;
  }

  /** @param {number} length number of words @returns {Int32Array} the output, valid until the next call */
  output(length) {
    return new Int32Array(this.#memory.buffer, this.call('output') >>> 0, length);
  }

  /**
   * @param {number} length number of words of the output; negative if there was an error, and the output is then empty
   * @returns {WordReader} a reader of the output, valid until the next call
   */
  read(length) {
    return new WordReader(this.output(Math.max(length, 0)), { get: (number) => this.#shape(number) });
  }

  /** @returns {string} the text in the output: the reason for an error */
  reason() {
    const bytes = this.output(1)[0];
    return this.read(1 + Math.ceil(bytes / 4)).text();
  }

  /** Does not invalidate the output. @param {number} number @returns {Shape} */
  #shape(number) {
    this.#shapes[number] ??= shapeOf(this.#textAt(this.call('shape', number), this.call('shape_bytes', number)));
    return this.#shapes[number];
  }

  /** @param {number} address @param {number} bytes @returns {string} */
  #textAt(address, bytes) {
    return UTF8.decode(new Uint8Array(this.#memory.buffer, address >>> 0, bytes).slice());
  }

  /** @returns {WebAssembly.Memory} */
  get #memory() {
    return this.#exports.memory;
  }

  /** @returns {string} the message of a panic */
  #panicText() {
    const address = this.#exports.tickcast_panic() >>> 0;
    const length = new Uint32Array(this.#memory.buffer, address, 1)[0];
    return this.#textAt(address + 4, length);
  }
}
