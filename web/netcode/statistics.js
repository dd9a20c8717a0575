// @ts-check
/** Counters of a connection. */

/**
 * @typedef {object} Statistics counters since `open()`
 * @property {number} snapshots
 * @property {number} snapshotBytes
 * @property {number} fullSnapshots
 * @property {number} errors messages that could not be decoded, and snapshots that could not be applied
 * @property {number} resyncs number of full snapshots requested because the replica lost synchronization
 * @property {number} checksums checksums that were compared and matched
 * @property {number} inputs
 * @property {number} lateInputs inputs that arrived after their tick, according to the server
 * @property {number} corrections ticks in which the local ship was mispredicted
 */

/** @returns {Statistics} */
export function emptyStatistics() {
  return {
    snapshots: 0,
    snapshotBytes: 0,
    fullSnapshots: 0,
    errors: 0,
    resyncs: 0,
    checksums: 0,
    inputs: 0,
    lateInputs: 0,
    corrections: 0,
  };
}
