// @ts-check
/** Reader and writer for bincode's `config::standard()` and for the more compact encodings of the protocol. */

/**
 * Why a message could not be decoded.
 * @typedef {'tooLong' | 'malformed'} DecodeErrorKind
 */

/** A message could not be decoded. The connection must be closed. */
export class DecodeError extends Error {
  /** @param {DecodeErrorKind} kind @param {string} text */
  constructor(kind, text) {
    super(text);
    this.name = 'DecodeError';
    /** @type {DecodeErrorKind} */
    this.kind = kind;
  }
}

/** @param {string} text @returns {never} */
function fail(text) {
  throw new DecodeError('malformed', text);
}

const U16 = 251;
const U32 = 252;
const U64 = 253;
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads values from front to back. Missing or invalid bytes throw a `DecodeError`. */
export class Reader {
  #bytes;
  #at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.#bytes = bytes;
  }

  /** @returns {number} the number of unread bytes */
  get remaining() {
    return this.#bytes.length - this.#at;
  }

  /** @returns {number} one byte */
  byte() {
    if (this.#at >= this.#bytes.length) {
      fail('unexpected end of message');
    }
    return this.#bytes[this.#at++];
  }

  /** @returns {number} one byte as a signed integer */
  signedByte() {
    return (this.byte() << 24) >> 24;
  }

  /** @returns {number} a little-endian `u16` */
  fixed16() {
    return this.byte() | (this.byte() << 8);
  }

  /** @returns {number} a little-endian `u32` */
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
    return first === U16 ? this.fixed16() : fail('number exceeds 16 bits');
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
    return first === U32 ? this.fixed32() : fail('number exceeds 32 bits');
  }

  /** @returns {number} a `u32` in LEB128: seven bits per byte, lowest first; the top bit means that more bytes follow */
  leb128() {
    let number = 0;
    for (let scale = 1; scale <= 2 ** 28; scale *= 128) {
      const byte = this.byte();
      number += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        return number < 2 ** 32 ? number : fail('number exceeds 32 bits');
      }
    }
    return fail('number has too many bytes');
  }

  /** @returns {number} a list length: a `u64` in bincode's varint. Fails if it exceeds the number of unread bytes */
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
      fail('length exceeds 64 bits');
    }
    return length <= this.remaining ? length : fail('list is longer than the message');
  }

  /** @returns {string} */
  text() {
    const length = this.length();
    const bytes = this.#bytes.subarray(this.#at, this.#at + length);
    this.#at += length;
    try {
      return UTF8.decode(bytes);
    } catch {
      return fail('invalid UTF-8');
    }
  }

  /** @param {number} count @returns {Uint8Array} `count` bytes, not copied */
  take(count) {
    if (count > this.remaining) {
      fail('unexpected end of message');
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** @param {number} count @returns {string} `count` bytes, in hexadecimal */
  hex(count) {
    return Array.from({ length: count }, () => this.byte().toString(16).padStart(2, '0')).join('');
  }

  /** @returns {boolean} */
  flag() {
    const byte = this.byte();
    return byte <= 1 ? byte === 1 : fail('invalid boolean');
  }

  /**
   * @template T
   * @param {() => T} read
   * @returns {T | null} the value of an `Option`; `null` for `None`
   */
  option(read) {
    return this.flag() ? read() : null;
  }

  /**
   * @template T
   * @param {() => T} read reads one element, which must have at least one byte
   * @returns {T[]} a `Vec`
   */
  list(read) {
    const list = [];
    for (let left = this.length(); left > 0; left -= 1) {
      list.push(read());
    }
    return list;
  }

  /** Throws a `DecodeError` unless all bytes have been read. */
  expectEnd() {
    if (this.remaining > 0) {
      fail('trailing bytes');
    }
  }
}

/** Writes values from front to back. A value that does not fit its type throws a `RangeError`. */
export class Writer {
  /** @type {number[]} */
  #bytes = [];

  /** @returns {Uint8Array} the bytes written */
  finish() {
    return Uint8Array.from(this.#bytes);
  }

  /** @param {number} byte one byte */
  byte(byte) {
    this.#bytes.push(checked(byte, 2 ** 8));
  }

  /** @param {number} number a little-endian `u16` */
  fixed16(number) {
    checked(number, 2 ** 16);
    this.#bytes.push(number & 0xff, number >>> 8);
  }

  /** @param {Uint8Array} bytes written as they are */
  bytes(bytes) {
    this.#bytes.push(...bytes);
  }

  /** @param {number} number a `u16` in bincode's varint */
  u16(number) {
    this.u32(checked(number, 2 ** 16));
  }

  /** @param {number} number a `u32` in bincode's varint */
  u32(number) {
    checked(number, 2 ** 32);
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

  /** @param {string} digits the bytes to write, in hexadecimal */
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
function checked(number, end) {
  if (!(Number.isInteger(number) && number >= 0 && number < end)) {
    throw new RangeError(`${number} is not an integer from 0 to ${end - 1}`);
  }
  return number;
}
