// @ts-check
/** Counters of a connection. */

/**
 * @typedef {object} Statistics counters since `open()`
 * @property {number} snapshots snapshots received
 * @property {number} snapshotBytes total size of the snapshots received
 * @property {number} fullSnapshots full snapshots that were applied
 * @property {number} lostTicks ticks that were skipped, because a full snapshot of a later tick arrived
 * @property {number} errors messages that could not be decoded, and snapshots that could not be applied
 * @property {number} resyncs snapshots that could not be applied. Each counts once, even if the resync request is repeated
 * @property {number} checksums checksums that were compared and matched
 * @property {number} inputs inputs sent
 * @property {number} lateInputs inputs that the server reported as late for their tick
 * @property {number} corrections ticks in which the local ship was mispredicted
 */

/** @returns {Statistics} */
export function emptyStatistics() {
  return {
    snapshots: 0,
    snapshotBytes: 0,
    fullSnapshots: 0,
    lostTicks: 0,
    errors: 0,
    resyncs: 0,
    checksums: 0,
    inputs: 0,
    lateInputs: 0,
    corrections: 0,
  };
}
