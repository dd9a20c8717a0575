// @ts-check
/** The vectors that Rust and JavaScript share, and how to read them. */

import { readFileSync } from 'node:fs';

/** @param {string} name @returns {any} a file of `protocol/testdata/` */
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

/** @param {Map<number, any>} map @returns {[number, any][]} its entries in the order of ids */
export function sorted(map) {
  return [...map].sort(([a], [b]) => a - b);
}

/** The generator that the golden files describe. */
export class Lcg {
  /** @param {number} seed */
  constructor(seed) {
    this.state = seed;
  }

  /** @param {number} end at most 2¹⁶ @returns {number} the next number below `end` */
  below(end) {
    this.state = (Math.imul(this.state, 1664525) + 1013904223) >>> 0;
    return (this.state >>> 16) % end;
  }
}
