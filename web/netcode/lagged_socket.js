// @ts-check
/**
 * Simulates latency, jitter, stalls and loss on a WebSocket. As with TCP, messages stay in order: a delayed message delays
 * all later ones (head-of-line blocking), and a lost message is retransmitted after a timeout. Datagrams that are lost are
 * not retransmitted: `DatagramSocket` drops them.
 */

/**
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 *
 * @typedef {object} NetworkConditions the simulated network; may be changed at any time
 * @property {number} latencyMs added round-trip time; half of it in each direction
 * @property {number} jitterMs maximum deviation from `latencyMs`; the deviation is uniformly distributed
 * @property {number} stallMs duration of a stall. Every `STALL_INTERVAL_MS`, both directions stall for this time
 * @property {number} lossPercent how many messages or datagrams of each direction are lost
 *
 * @typedef {object} Environment
 * @property {() => number} now returns the time of a monotonic clock, in milliseconds
 * @property {(run: () => void, ms: number) => unknown} schedule runs a function after a delay
 * @property {() => number} random returns uniformly distributed numbers in [0, 1)
 */

/** `WebSocket.OPEN` */
const OPEN = 1;
/** Time from the start of one stall to the start of the next. */
export const STALL_INTERVAL_MS = 5000;
/**
 * Time by which the retransmission timeout exceeds the round-trip time, as in Linux. If more packets follow the lost one,
 * TCP often retransmits it earlier.
 */
const RETRANSMISSION_MS = 200;

/** Network conditions that add no delay. @returns {NetworkConditions} */
export const idealNetwork = () => ({ latencyMs: 0, jitterMs: 0, stallMs: 0, lossPercent: 0 });

/** One direction of the connection: a FIFO queue that delays messages. */
class DelayQueue {
  #network;
  #environment;
  #retransmits;
  /** @type {{at: number, run: () => void}[]} */
  #queue = [];
  /** Delivery time of the newest message. */
  #newestAt = 0;

  /**
   * @param {NetworkConditions} network
   * @param {Environment} environment
   * @param {() => boolean} retransmits whether lost messages are retransmitted
   */
  constructor(network, environment, retransmits) {
    this.#network = network;
    this.#environment = environment;
    this.#retransmits = retransmits;
  }

  /** @param {() => void} run delivers a message. It is called before `push` returns if there is no delay */
  push(run) {
    this.#newestAt = Math.max(this.#newestAt, this.#deliveryTime());
    if (this.#queue.length === 0 && this.#newestAt <= this.#environment.now()) {
      run();
      return;
    }
    this.#queue.push({ at: this.#newestAt, run });
    this.#environment.schedule(() => this.#deliver(), Math.max(this.#newestAt - this.#environment.now(), 0));
  }

  /** @returns {number} delivery time of a message sent now, ignoring earlier messages */
  #deliveryTime() {
    const { latencyMs, jitterMs, stallMs } = this.#network;
    const now = this.#environment.now();
    const sinceStall = now % STALL_INTERVAL_MS;
    const departure = sinceStall < stallMs ? now - sinceStall + stallMs : now;
    const delayMs = Math.max(latencyMs + (2 * this.#environment.random() - 1) * jitterMs, 0) / 2;
    return departure + delayMs + (this.#isLost() ? latencyMs + RETRANSMISSION_MS : 0);
  }

  /** @returns {boolean} whether a message sent now is lost, and retransmitted */
  #isLost() {
    const { lossPercent } = this.#network;
    return lossPercent > 0 && this.#retransmits() && this.#environment.random() * 100 < lossPercent;
  }

  #deliver() {
    const now = this.#environment.now();
    while (this.#queue.length > 0 && this.#queue[0].at <= now) {
      this.#queue.shift()?.run();
    }
    if (this.#queue.length > 0) {
      this.#environment.schedule(() => this.#deliver(), this.#queue[0].at - now);
    }
  }
}

/**
 * Wraps a WebSocket and delays its messages and events.
 * @implements {SocketLike}
 */
export class LaggedSocket {
  #socket;
  #up;
  #down;

  /** @param {SocketLike} socket @param {NetworkConditions} network @param {Environment} environment */
  constructor(socket, network, environment) {
    this.#socket = socket;
    const retransmits = () => socket.transport !== 'datagrams';
    this.#up = new DelayQueue(network, environment, retransmits);
    this.#down = new DelayQueue(network, environment, retransmits);
    /** @type {SocketLike['onopen']} */
    this.onopen = null;
    /** @type {SocketLike['onmessage']} */
    this.onmessage = null;
    /** @type {SocketLike['onclose']} */
    this.onclose = null;
    socket.onopen = (event) => this.#down.push(() => this.onopen?.(event));
    socket.onmessage = (event) => this.#down.push(() => this.onmessage?.(event));
    socket.onclose = (event) => this.#down.push(() => this.onclose?.(event));
  }

  get binaryType() {
    return this.#socket.binaryType;
  }

  set binaryType(type) {
    this.#socket.binaryType = type;
  }

  get readyState() {
    return this.#socket.readyState;
  }

  get transport() {
    return this.#socket.transport;
  }

  get counts() {
    return this.#socket.counts;
  }

  /** @param {Uint8Array} bytes */
  send(bytes) {
    this.#up.push(() => {
      if (this.#socket.readyState === OPEN) {
        this.#socket.send(bytes);
      }
    });
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    this.#up.push(() => this.#socket.close(code, reason));
  }
}
