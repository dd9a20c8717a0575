// @ts-check
/** Bytes in and out: bincode's `config::standard()`, and the denser coding of `compact.rs`. */

/**
 * Why bytes are no message.
 * @typedef {'tooLong' | 'malformed'} DecodeErrorKind
 */

/** Bytes are no message: refuse the peer. */
export class DecodeError extends Error {
  /** @param {DecodeErrorKind} kind @param {string} what is wrong */
  constructor(kind, what) {
    super(what);
    this.name = 'DecodeError';
    /** @type {DecodeErrorKind} */
    this.kind = kind;
  }
}

/** @param {string} what @returns {never} */
function refuse(what) {
  throw new DecodeError('malformed', what);
}

const U16 = 251;
const U32 = 252;
const U64 = 253;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads bytes from front to back. Whatever is not there or not valid is a `DecodeError`. */
export class Reader {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** @returns {number} how many bytes are left */
  get remaining() {
    return this.#bytes.length - this.#at;
  }

  /** @returns {number} one byte as it is */
  byte() {
    if (this.#at >= this.#bytes.length) {
      refuse('the bytes end too early');
    }
    return this.#bytes[this.#at++];
  }

  /** @returns {number} one byte as a signed number */
  signedByte() {
    return (this.byte() << 24) >> 24;
  }

  /** @returns {number} two bytes as they are, little-endian */
  fixed16() {
    return this.byte() | (this.byte() << 8);
  }

  /** @returns {number} four bytes as they are, little-endian */
  fixed32() {
    return (this.fixed16() | (this.fixed16() << 16)) >>> 0;
  }

  /** @returns {[number, number]} two 20-bit numbers from five bytes, the first in the low bits */
  pair() {
    const low = this.fixed16();
    const middle = this.byte();
    return [low | ((middle & 0xf) << 16), (middle >> 4) | (this.fixed16() << 4)];
  }

  /** @returns {number} a `u16` in bincode's varint */
  u16() {
    const first = this.byte();
    if (first < U16) {
      return first;
    }
    return first === U16 ? this.fixed16() : refuse('a number beyond 16 bits');
  }

  /** @returns {number} a `u32` in bincode's varint */
  u32() {
    const first = this.byte();
    if (first < U16) {
      return first;
    }
    if (first === U16) {
      return this.fixed16();
    }
    return first === U32 ? this.fixed32() : refuse('a number beyond 32 bits');
  }

  /** @returns {number} a `u32` in LEB128: seven bits to a byte, the lowest first, the top bit set while more follow */
  leb128() {
    let number = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.byte();
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return number < 2 ** 32 ? number : refuse('a number beyond 32 bits');
      }
    }
    return refuse('a number of too many bytes');
  }

  /** @returns {number} a length, a `u64` in bincode's varint, of things that take at least a byte each */
  length() {
    const first = this.byte();
    let length = first;
    if (first === U16) {
      length = this.fixed16();
    } else if (first === U32) {
      length = this.fixed32();
    } else if (first === U64) {
      length = this.fixed32() + this.fixed32() * 2 ** 32;
    } else if (first > U64) {
      refuse('a length beyond 64 bits');
    }
    return length <= this.remaining ? length : refuse('a list is longer than its bytes');
  }

  /** @returns {string} */
  text() {
    const length = this.length();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return UTF8.decode(bytes);
    } catch {
      return refuse('a text is not UTF-8');
    }
  }

  /** @param {number} count @returns {string} so many bytes as they are, in hexadecimal */
  hex(count) {
    return Array.from({ length: count }, () => this.byte().toString(16).padStart(2, '0')).join('');
  }

  /** @returns {boolean} */
  flag() {
    const byte = this.byte();
    return byte <= 1 ? byte === 1 : refuse('neither yes nor no');
  }

  /**
   * @template T
   * @param {() => T} read
   * @returns {T | null} an `Option`
   */
  option(read) {
    return this.flag() ? read() : null;
  }

  /**
   * @template T
   * @param {() => T} read takes at least a byte
   * @returns {T[]} a `Vec`
   */
  list(read) {
    const list = [];
    for (let left = this.length(); left > 0; left -= 1) {
      list.push(read());
    }
    return list;
  }

  /** Ends the message. */
  end() {
    if (this.remaining > 0) {
      refuse('bytes are left over');
    }
  }
}

/** Writes bytes from front to back. What does not fit its type is our own mistake: a `RangeError`. */
export class Writer {
  /** @type {number[]} */
  #bytes = [];

  /** @returns {Uint8Array} what was written */
  finish() {
    return Uint8Array.from(this.#bytes);
  }

  /** @param {number} byte one byte as it is */
  byte(byte) {
    this.#bytes.push(fits(byte, 2 ** 8));
  }

  /** @param {number} number two bytes as they are, little-endian */
  fixed16(number) {
    fits(number, 2 ** 16);
    this.#bytes.push(number & 0xff, number >>> 8);
  }

  /** @param {number} number a `u16` in bincode's varint */
  u16(number) {
    this.u32(fits(number, 2 ** 16));
  }

  /** @param {number} number a `u32` in bincode's varint */
  u32(number) {
    fits(number, 2 ** 32);
    if (number < U16) {
      this.byte(number);
    } else if (number < 2 ** 16) {
      this.byte(U16);
      this.fixed16(number);
    } else {
      this.byte(U32);
      this.fixed16(number & 0xffff);
      this.fixed16(number >>> 16);
    }
  }

  /** @param {string} text */
  text(text) {
    const bytes = new TextEncoder().encode(text);
    this.u32(bytes.length);
    this.#bytes.push(...bytes);
  }

  /** @param {string} digits bytes as they are, in hexadecimal */
  hex(digits) {
    for (let at = 0; at < digits.length; at += 2) {
      this.byte(Number.parseInt(digits.slice(at, at + 2), 16));
    }
  }

  /**
   * @template T
   * @param {T | null} value
   * @param {(value: T) => void} write
   */
  option(value, write) {
    this.byte(value === null ? 0 : 1);
    if (value !== null) {
      write(value);
    }
  }
}

/** @param {number} number @param {number} end @returns {number} */
function fits(number, end) {
  if (!(Number.isInteger(number) && number >= 0 && number < end)) {
    throw new RangeError(`${number} is no integer from 0 to ${end - 1}`);
  }
  return number;
}
