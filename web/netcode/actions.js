// @ts-check
/** Sending of actions, until their outcomes are known. Mirrors the Rust module `actions`. */

/**
 * @typedef {import('./codec.js').ActionOutcome} ActionOutcome
 * @typedef {import('./codec.js').ActionOutcomes} ActionOutcomes
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./codec.js').Welcome} Welcome
 *
 * @typedef {ActionOutcome | {kind: 'abandoned'} | {kind: 'notSent', reason: 'notJoined' | 'queueFull'}} ActionResult
 *   `abandoned`: the outcome is unknown, because the client has lost its seat. `notSent`: the client has no seat yet, or
 *   too many actions wait for their outcomes
 *
 * @typedef {object} Act
 * @property {number} sequence
 * @property {number} tick
 * @property {unknown} action
 * @property {Uint8Array} encoded
 * @property {(result: ActionResult) => void} resolve
 */

/** Maximum number of actions that wait for their outcomes. */
export const UNRESOLVED_ACTIONS_MAX = 32;
/** Maximum size of an encoded action. */
export const ACTION_BYTES_MAX = 256;

/**
 * The actions of a client whose outcomes are not known yet. Numbers them, and sends them again after a reconnection, so
 * that the server applies each exactly once.
 */
export class Actions {
  /** Number of the last action of the seat; `null` until the first full snapshot. @type {number | null} */
  #last = null;
  /** @type {Act[]} */
  #unresolved = [];
  /** How many of them were sent on this connection. */
  #sent = 0;
  /** Whether a full snapshot has arrived on this connection. Only then does the client know which actions to send again. */
  #isSynchronized = false;

  /** @returns {number} the number of actions whose outcomes are not known yet */
  get unresolved() {
    return this.#unresolved.length;
  }

  /**
   * Queues an action.
   * @param {number} tick the stamp
   * @param {unknown} action
   * @param {Uint8Array} encoded the encoded action
   * @returns {Promise<ActionResult>} what becomes of it. The promise is never rejected
   * @throws {RangeError} if the encoded action is too long
   */
  act(tick, action, encoded) {
    if (encoded.length > ACTION_BYTES_MAX) {
      throw new RangeError('the action is too big');
    }
    if (this.#last === null || this.#unresolved.length === UNRESOLVED_ACTIONS_MAX) {
      return Promise.resolve({ kind: 'notSent', reason: this.#last === null ? 'notJoined' : 'queueFull' });
    }
    this.#last += 1;
    const sequence = this.#last;
    return new Promise((resolve) => {
      this.#unresolved.push({ sequence, tick, action, encoded, resolve });
    });
  }

  /** @returns {Act | null} the next action to send; `null` if there is nothing to send now */
  poll() {
    const act = this.#isSynchronized ? this.#unresolved[this.#sent] : undefined;
    this.#sent += act === undefined ? 0 : 1;
    return act ?? null;
  }

  /** Handles the Welcome of a new connection. @param {Pick<Welcome, 'seat'>} welcome */
  handleWelcome({ seat }) {
    this.#sent = 0;
    this.#isSynchronized = false;
    if (seat?.resumed !== true) {
      this.#last = null;
      this.#abandon();
    }
  }

  /**
   * Handles the outcomes in a snapshot that the replica has applied.
   * @param {boolean} isFull whether it is a full snapshot
   * @param {ActionOutcomes | null} resolved
   */
  handleSnapshot(isFull, resolved) {
    resolved?.outcomes.forEach((outcome, index) => this.#resolve(resolved.first + index, outcome));
    if (isFull) {
      this.#synchronize(resolved === null ? 0 : resolved.first + resolved.outcomes.length - 1);
    }
  }

  /** @param {number} sequence @param {ActionOutcome} outcome */
  #resolve(sequence, outcome) {
    if (this.#unresolved[0]?.sequence === sequence) {
      this.#unresolved.shift()?.resolve(outcome);
      this.#sent = Math.max(this.#sent - 1, 0);
    }
  }

  /**
   * Continues after the last action that the server has handled. The server may know fewer actions than the client if it
   * has been restored from an old state. It would then ignore the next actions, so the unresolved ones are abandoned.
   * @param {number} handled
   */
  #synchronize(handled) {
    this.#isSynchronized = true;
    if (this.#unresolved[0]?.sequence !== handled + 1) {
      this.#last = handled;
      this.#abandon();
    }
  }

  #abandon() {
    const abandoned = this.#unresolved;
    this.#unresolved = [];
    this.#sent = 0;
    abandoned.forEach(({ resolve }) => resolve({ kind: 'abandoned' }));
  }
}
