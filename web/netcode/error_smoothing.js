// @ts-check
/**
 * Visual smoothing of corrections: a corrected entity is first drawn at its old position and then glides to the new one.
 *
 * Smoothing affects only the drawing, never the state. See Glenn Fiedler, "Snapshot Interpolation", on visual smoothing.
 */

/**
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {{x: number, y: number, heading: number, at: number}} Offset the drawn position and heading minus the actual
 *   position and heading, at time `at`
 */

/** Time constant of the exponential decay: after this time, an offset has shrunk to 1/e. */
const DECAY_MS = 100;
/** Maximum offset, in world units. A larger offset is dropped, because the entity teleported. */
const DISTANCE_MAX = 400;
/** An offset is dropped if its distance (in world units) and its turn (in radians) are both too small to be seen. */
const DISTANCE_MIN = 0.02;
const TURN_MIN = 0.002;

/** The offset of each corrected entity from its actual position. Offsets decay with time. */
export class ErrorSmoothing {
  /** @type {Map<number, Offset>} */
  #offsets = new Map();

  /**
   * Absorbs a correction. Adds the difference between the old and the new drawable of each entity to the entity's offset,
   * so that the entity does not visibly jump.
   * @param {Map<number, Drawable>} before drawables at `now` before the correction, without smoothing
   * @param {Map<number, Drawable>} after drawables at `now` after the correction, without smoothing
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
   * Moves drawables by their remaining offsets.
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
