// @ts-check
/** How controls of any game become inputs. */

import { isEqual } from './wasm_values.js';

/**
 * @param {any} none the controls of a player who holds nothing
 * @returns {import('./game.js').ControlsRules}
 */
export function controlsRules(none) {
  return Object.freeze({ NONE: none, equal: isEqual, isUrgent, holdPresses });
}

/**
 * A change of numbers alone is not urgent: an aim or a stick changes in every frame.
 * @param {any} before @param {any} after
 * @returns {boolean}
 */
function isUrgent(before, after) {
  return !isEqual(withoutNumbers(before), withoutNumbers(after));
}

/** @param {any} value @returns {any} */
function withoutNumbers(value) {
  if (typeof value === 'number') {
    return 0;
  }
  const isObject = typeof value === 'object' && value !== null;
  return isObject ? Object.fromEntries(Object.entries(value).map(([name, field]) => [name, withoutNumbers(field)])) : value;
}

/**
 * Keeps each value that has changed in this tick and has already changed back, such as a key that was pressed for less than
 * a tick.
 * @param {any} before @param {any} sent @param {any} current @returns {any}
 */
function holdPresses(before, sent, current) {
  const areStructs = [before, sent, current].every(isStruct);
  if (!areStructs) {
    return isEqual(current, before) ? sent : current;
  }
  const hold = (/** @type {string} */ name) => [name, holdPresses(before[name], sent[name], current[name])];
  return Object.fromEntries(Object.keys(current).map(hold));
}

/** @param {any} value @returns {boolean} whether it is an object, but no variant of an enum */
function isStruct(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === undefined;
}
