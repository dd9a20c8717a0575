// @ts-check
/**
 * Chooses between a WebSocket and datagrams. Reads no clock.
 *
 * A client starts with a WebSocket. If the line loses packets, it changes to datagrams. If datagrams cannot be used, or no
 * longer arrive, it uses a WebSocket, and does not try datagrams again for some time.
 */

import { LossDetector } from './loss_detector.js';

/** @typedef {import('./connection_options.js').TransportName} TransportName */

/** Time without a tick that is due, after which datagrams no longer arrive. */
const SILENT_MS_MAX = 1000;
/** Time for which datagrams are not tried again after they could not be used. */
export const RETRY_DATAGRAMS_MS = 5 * 60_000;

/** Which transport a client should use. */
export class TransportChoice {
  #detector = new LossDetector();
  #datagramsFrom = -Infinity;
  #tickMs = 0;

  /** Records that the page runs. Call it every frame. @param {number} now */
  handlePoll(now) {
    this.#detector.handlePoll(now);
  }

  /** Records the arrival of a tick. @param {number} now @param {number} tickMs maximum interval between ticks */
  handleTick(now, tickMs) {
    this.#tickMs = tickMs;
    this.#detector.handleTick(now, tickMs);
  }

  /** @param {number} now @returns {number} the number of late ticks in the last seconds */
  lateTicks(now) {
    return this.#detector.lateTicks(now);
  }

  /** @param {number} now @returns {boolean} whether datagrams may be tried */
  mayUseDatagrams(now) {
    return now >= this.#datagramsFrom;
  }

  /**
   * @param {TransportName} transport in use
   * @param {number} now
   * @returns {'websocket' | 'datagrams' | null} the transport to change to; `null` to stay
   */
  next(transport, now) {
    if (transport === 'websocket' && this.mayUseDatagrams(now) && this.#detector.isLossy(now)) {
      return 'datagrams';
    }
    if (transport === 'datagrams' && this.#detector.silentMs(now) >= this.#tickMs + SILENT_MS_MAX) {
      return 'websocket';
    }
    return null;
  }

  /** Records that the client uses another transport, or another connection. */
  handleChange() {
    this.#detector.reset();
  }

  /** Records that datagrams cannot be used, or no longer arrive. @param {number} now */
  handleDatagramsFailed(now) {
    this.#datagramsFrom = now + RETRY_DATAGRAMS_MS;
  }
}
