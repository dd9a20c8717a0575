// @ts-check
/**
 * A socket on a worse line than one has: to see what latency, jitter and stalls do. As on TCP nothing overtakes anything,
 * so that what is held up holds up all that comes after it.
 */

/**
 * @typedef {import('./connection.js').SocketLike} SocketLike
 *
 * @typedef {object} Line how bad the line is; it may be changed at any time
 * @property {number} lagMs how much longer there and back takes; half of it on each way
 * @property {number} jitterMs there and back takes up to so much more or less than that, evenly spread
 * @property {number} stallMs for how long nothing gets through, in either direction, every `STALL_EVERY_MS`
 *
 * @typedef {object} Surroundings what a line needs from where it is
 * @property {() => number} now milliseconds of a clock that does not go back
 * @property {(run: () => void, ms: number) => unknown} later runs something so much later
 * @property {() => number} random from 0 up to 1
 */

/** The `readyState` of a WebSocket that takes messages. */
const OPEN = 1;
/** From one stall's beginning to that of the next. */
export const STALL_EVERY_MS = 5000;

/** The line that adds nothing. @returns {Line} */
export const goodLine = () => ({ lagMs: 0, jitterMs: 0, stallMs: 0 });

/** One direction of a line: what is put in comes out later, in the same order. */
class Way {
  #line;
  #around;
  /** @type {{at: number, run: () => void}[]} */
  #queue = [];
  /** When what was put in last comes out. */
  #lastAt = 0;

  /** @param {Line} line @param {Surroundings} around */
  constructor(line, around) {
    this.#line = line;
    this.#around = around;
  }

  /** @param {() => void} run what happens at the other end: at once, where nothing holds it up */
  put(run) {
    this.#lastAt = Math.max(this.#lastAt, this.#arrival());
    if (this.#queue.length === 0 && this.#lastAt <= this.#around.now()) {
      run();
      return;
    }
    this.#queue.push({ at: this.#lastAt, run });
    this.#around.later(() => this.#release(), Math.max(this.#lastAt - this.#around.now(), 0));
  }

  /** @returns {number} when what is put in now comes out, were the way empty */
  #arrival() {
    const { lagMs, jitterMs, stallMs } = this.#line;
    const now = this.#around.now();
    const sinceStall = now % STALL_EVERY_MS;
    const leaves = sinceStall < stallMs ? now - sinceStall + stallMs : now;
    return leaves + Math.max(lagMs + (2 * this.#around.random() - 1) * jitterMs, 0) / 2;
  }

  #release() {
    const now = this.#around.now();
    while (this.#queue.length > 0 && this.#queue[0].at <= now) {
      this.#queue.shift()?.run();
    }
    if (this.#queue.length > 0) {
      this.#around.later(() => this.#release(), this.#queue[0].at - now);
    }
  }
}

/**
 * A socket like the one it wraps, on a worse line.
 * @implements {SocketLike}
 */
export class LaggedSocket {
  #socket;
  #up;
  #down;

  /** @param {SocketLike} socket @param {Line} line @param {Surroundings} around */
  constructor(socket, line, around) {
    this.#socket = socket;
    this.#up = new Way(line, around);
    this.#down = new Way(line, around);
    /** @type {SocketLike['onopen']} */
    this.onopen = null;
    /** @type {SocketLike['onmessage']} */
    this.onmessage = null;
    /** @type {SocketLike['onclose']} */
    this.onclose = null;
    socket.onopen = (event) => this.#down.put(() => this.onopen?.(event));
    socket.onmessage = (event) => this.#down.put(() => this.onmessage?.(event));
    socket.onclose = (event) => this.#down.put(() => this.onclose?.(event));
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

  /** @param {Uint8Array} bytes */
  send(bytes) {
    this.#up.put(() => {
      if (this.#socket.readyState === OPEN) {
        this.#socket.send(bytes);
      }
    });
  }

  /** @param {number} [code] @param {string} [reason] */
  close(code, reason) {
    this.#up.put(() => this.#socket.close(code, reason));
  }
}
