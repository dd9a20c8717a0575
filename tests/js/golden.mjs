// @ts-check
/** Reads the test vectors that Rust and JavaScript share. */

import { readFileSync } from 'node:fs';

/** @param {string} name @returns {any} the content of a file in `protocol/testdata/` */
export function golden(name) {
  return JSON.parse(readFileSync(new URL(`../../protocol/testdata/${name}`, import.meta.url), 'utf8'));
}

/** @param {string} hex @returns {Uint8Array} */
export function bytesOf(hex) {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** @param {Uint8Array} bytes @returns {string} */
export function hexOf(bytes) {
  return Buffer.from(bytes).toString('hex');
}

/** @param {Map<number, any>} map @returns {[number, any][]} its entries, sorted by id */
export function sorted(map) {
  return [...map].sort(([a], [b]) => a - b);
}

/** The random number generator of the golden files (a linear congruential generator). */
export class Lcg {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed;
  }

  /** @param {number} end at most 2¹⁶ @returns {number} the next number in 0..end */
  below(end) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state >>> 16) % end;
  }
}
