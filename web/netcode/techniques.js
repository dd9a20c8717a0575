// @ts-check
/** Latency compensation techniques that can be turned off, to demonstrate their effect. */

/**
 * @typedef {object} Techniques
 * @property {boolean} prediction whether the local ship is drawn ahead of the server, with its inputs applied
 * @property {boolean} reconciliation whether predictions start from the server's state, not from the previous prediction
 * @property {boolean} interpolation whether remote entities are drawn between ticks, a little in the past
 */

/** @returns {Techniques} with everything turned on */
export function allTechniques() {
  return { prediction: true, reconciliation: true, interpolation: true };
}
