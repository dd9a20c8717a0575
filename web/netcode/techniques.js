// @ts-check
/** Latency compensation techniques that can be turned off, to demonstrate their effect. */

/**
 * @typedef {object} Techniques
 * @property {boolean} prediction if `true`, the local ship is drawn ahead of the server, with its inputs already applied;
 *   otherwise, it is drawn like remote entities
 * @property {boolean} reconciliation if `true`, predictions start from the server's state; otherwise, from the previous
 *   prediction
 * @property {boolean} interpolation if `true`, remote entities are drawn a little in the past, between two ticks;
 *   otherwise, they are drawn at the newest tick
 */

/** @returns {Techniques} with everything turned on */
export function allTechniques() {
  return { prediction: true, reconciliation: true, interpolation: true };
}
