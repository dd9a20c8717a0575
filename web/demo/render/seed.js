// @ts-check
// Numbers that look random and are always the same for the same seed: the shapes of rocks, the places of stars.

/**
 * A source of numbers from 0 up to 1 (the mulberry32 generator).
 * @param {number} seed
 * @returns {() => number}
 */
export function numbersFrom(seed) {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
