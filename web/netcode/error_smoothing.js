// @ts-check
/**
 * Visual smoothing of corrections: an entity is first drawn where it was, and glides to its corrected position.
 *
 * See Glenn Fiedler, "Snapshot Interpolation", on visual smoothing. Only drawing is affected; the state is correct at once.
 */

/**
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {{x: number, y: number, heading: number, at: number}} Offset from the actual position at time `at`
 */

/** Time constant of the decay: after this time an offset has shrunk to 1/e. */
const DECAY_MS = 100;
/** A larger offset, in world units, is not smoothed: the entity teleported. */
const DISTANCE_MAX = 400;
/** Invisible offsets, in world units and in radians. */
const DISTANCE_MIN = 0.02;
const TURN_MIN = 0.002;

/** Offsets between where entities are drawn and where they are. */
export class ErrorSmoothing {
  /** @type {Map<number, Offset>} */
  #offsets = new Map();

  /**
   * Adds the difference between two states of the same moment, so that drawing continues without a jump.
   * @param {Map<number, Drawable>} before what would have been drawn without the new data, without offsets
   * @param {Map<number, Drawable>} after what is drawn with the new data, without offsets
   * @param {number} now
   */
  absorb(before, after, now) {
    for (const [id, previous] of before) {
      const current = after.get(id);
      if (current !== undefined && current.kind === previous.kind) {
        const heading = normalizeAngle(previous.heading - current.heading);
        this.#add(id, { x: previous.x - current.x, y: previous.y - current.y, heading, at: now });
      }
    }
  }

  /**
   * Adds the remaining offsets to drawables.
   * @param {Map<number, Drawable>} drawn modified in place
   * @param {number} now
   */
  apply(drawn, now) {
    for (const [id, offset] of this.#offsets) {
      const drawable = drawn.get(id);
      const left = offsetAt(offset, now);
      if (drawable === undefined || isInvisible(left)) {
        this.#offsets.delete(id);
        continue;
      }
      drawable.x += left.x;
      drawable.y += left.y;
      drawable.heading += left.heading;
    }
  }

  /** @param {number} id @param {Offset} added */
  #add(id, added) {
    const old = this.#offsets.get(id);
    const left = old === undefined ? null : offsetAt(old, added.at);
    const [x, y] = [added.x + (left?.x ?? 0), added.y + (left?.y ?? 0)];
    const offset = { x, y, heading: normalizeAngle(added.heading + (left?.heading ?? 0)), at: added.at };
    if (isInvisible(offset) || Math.hypot(x, y) > DISTANCE_MAX) {
      this.#offsets.delete(id);
    } else {
      this.#offsets.set(id, offset);
    }
  }
}

/** @param {Offset} offset @param {number} now @returns {Offset} the decayed offset */
function offsetAt({ x, y, heading, at }, now) {
  const left = Math.exp(-Math.max(now - at, 0) / DECAY_MS);
  return { x: x * left, y: y * left, heading: heading * left, at: now };
}

/** @param {Offset} offset @returns {boolean} */
function isInvisible({ x, y, heading }) {
  return Math.hypot(x, y) < DISTANCE_MIN && Math.abs(heading) < TURN_MIN;
}

/** @param {number} radians @returns {number} the equivalent angle in −π to π */
function normalizeAngle(radians) {
  return radians - Math.round(radians / (2 * Math.PI)) * 2 * Math.PI;
}
