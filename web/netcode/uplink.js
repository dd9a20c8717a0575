// @ts-check
/** Scheduling of the messages that a playing client sends. Reads no clock: callers pass times in milliseconds. */

import { arena } from './arena.js';
import { Tick } from './units.js';

/**
 * @typedef {import('./codec.js').ClientMessage} ClientMessage
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./game.js').ControlsRules} ControlsRules
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./local_player.js').LocalPlayer} LocalPlayer
 */

/** Maximum time without an input or acknowledgement. It is limited because the server disconnects idle clients. */
const IDLE_MS_MAX = 1000;
/** Number of unacknowledged snapshot bytes at which an acknowledgement is sent. */
const UNACKNOWLEDGED_BYTES_MAX = 8 * 1024;
/**
 * Number of messages that follow an input with changed controls, one per tick. If a packet is lost, TCP detects this within
 * a round trip only if a later packet arrives (selective acknowledgements, RFC 2018; RACK, RFC 8985). If none arrives, TCP
 * retransmits after a timeout of at least two round trips. One of the three messages is enough; the other two may be lost.
 */
const PROBES = 3;
/** Minimum interval between viewport messages. The server does not apply viewports more often than this. */
const VIEWPORT_INTERVAL_MS = 250;

/** Decides when to send inputs, acknowledgements and viewports. */
export class Uplink {
  /** @type {ControlsValue | null} the current controls */
  #controls = null;
  /**
   * The stamp and the controls of the newest input sent. `before`: the controls of the tick before the stamp.
   * @type {{stamp: number, controls: ControlsValue, before: ControlsValue} | null}
   */
  #sentInput = null;
  /** `left`: number of probes still to send. `tick`: the client's tick when the last input or probe was sent. */
  #probes = { left: 0, tick: 0 };
  #rules;
  #viewport;
  #sentViewport;
  #viewportSentAt = -Infinity;
  #acknowledgedAt = -Infinity;
  #unacknowledgedBytes = 0;

  /** @param {Viewport} viewport @param {ControlsRules} [rules] the game's rules for controls */
  constructor(viewport, rules = arena.controls) {
    this.#rules = rules;
    this.#viewport = viewport;
    this.#sentViewport = viewport;
  }

  /** @param {ControlsValue} controls */
  setControls(controls) {
    this.#controls = controls;
  }

  /** @param {Viewport} viewport */
  setViewport(viewport) {
    this.#viewport = viewport;
  }

  /** @returns {Viewport} the viewport for the Hello message */
  takeInitialViewport() {
    this.#sentViewport = this.#viewport;
    return this.#viewport;
  }

  /**
   * Makes an acknowledgement due at once. When a connection is lost, the server keeps the player's seat only if the player
   * has acknowledged a snapshot before.
   */
  handleWelcome() {
    this.#acknowledgedAt = -Infinity;
  }

  /** @returns {Viewport} the newest viewport */
  get viewport() {
    return this.#viewport;
  }

  /**
   * Handles a change of the socket. Makes an input or an acknowledgement due at once: the last input may be lost with the
   * previous socket.
   * @param {Viewport} viewport in the Hello that was sent on the new socket
   */
  handleMove(viewport) {
    this.#sentViewport = viewport;
    this.#acknowledgedAt = -Infinity;
  }

  /** Counts received bytes, to determine when an acknowledgement is due. @param {number} bytes */
  handleSnapshotBytes(bytes) {
    this.#unacknowledgedBytes += bytes;
  }

  /**
   * Returns an input if the controls changed, or if an input is needed to prevent an idle timeout; otherwise `null`. Key
   * presses are sent at once. A key that is released in the tick in which it was pressed stays pressed until the next tick.
   * If only the aim changed, at most one input is sent per tick.
   * @param {number} now
   * @param {LocalPlayer} localPlayer records the input
   * @param {number} newest the newest tick received
   * @returns {ClientMessage | null}
   */
  pollInput(now, localPlayer, newest) {
    if (this.#controls === null) {
      return null;
    }
    const sent = this.#sentInput;
    const stamp = localPlayer.lead.stampAt(now);
    const isSameTick = sent?.stamp === stamp;
    const controls = isSameTick ? this.#rules.holdPresses(sent.before, sent.controls, this.#controls) : this.#controls;
    const isNew = sent === null || !this.#rules.equal(sent.controls, controls);
    // The client must send something before the idle timeout. In a room with pace on demand, an input would cause a tick,
    // so the client sends an acknowledgement instead.
    if (!isNew && (localPlayer.lead.isOnDemand || now - this.#acknowledgedAt < IDLE_MS_MAX)) {
      return null;
    }
    if (isSameTick && !this.#rules.isUrgent(sent.controls, controls)) {
      return null;
    }
    this.#sentInput = { stamp, controls, before: isSameTick ? sent.before : (sent?.controls ?? this.#rules.NONE) };
    this.#probes = { left: isNew ? PROBES : this.#probes.left, tick: stamp };
    localPlayer.recordInput(stamp, controls, now);
    this.#markAcknowledged(now);
    return { kind: 'input', tick: stamp, acknowledged: newest, controls };
  }

  /**
   * Returns an acknowledgement if one is due, or if a probe must follow an input (`PROBES`); otherwise `null`. An input
   * also counts as an acknowledgement.
   * @param {number} now
   * @param {LocalPlayer} localPlayer
   * @param {number} newest the newest tick received
   * @returns {ClientMessage | null}
   */
  pollAcknowledgement(now, localPlayer, newest) {
    const isDue = this.#unacknowledgedBytes >= UNACKNOWLEDGED_BYTES_MAX || now - this.#acknowledgedAt >= IDLE_MS_MAX;
    if (!isDue && !this.#takeProbe(now, localPlayer)) {
      return null;
    }
    this.#markAcknowledged(now);
    return { kind: 'acknowledge', tick: newest };
  }

  /**
   * Returns the viewport if it changed; otherwise `null`. The rate is limited, because the size of a window changes every
   * frame while the window is being resized.
   * @param {number} now
   * @returns {ClientMessage | null}
   */
  pollViewport(now) {
    const viewport = this.#viewport;
    const { width, height } = this.#sentViewport;
    const isSent = viewport.width === width && viewport.height === height;
    if (isSent || now - this.#viewportSentAt < VIEWPORT_INTERVAL_MS) {
      return null;
    }
    this.#sentViewport = viewport;
    this.#viewportSentAt = now;
    return { kind: 'viewport', viewport };
  }

  /** @param {number} now @param {LocalPlayer} localPlayer @returns {boolean} whether to send a probe now */
  #takeProbe(now, localPlayer) {
    if (this.#probes.left === 0 || localPlayer.prediction.pending === 0) {
      return false;
    }
    const tick = localPlayer.lead.stampAt(now);
    if (!Tick.isNewerThan(tick, this.#probes.tick)) {
      return false;
    }
    this.#probes = { left: this.#probes.left - 1, tick };
    return true;
  }

  /** @param {number} now */
  #markAcknowledged(now) {
    this.#acknowledgedAt = now;
    this.#unacknowledgedBytes = 0;
  }
}
