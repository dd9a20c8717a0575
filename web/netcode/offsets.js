// @ts-check
/**
 * Hides corrections: what turns out to be elsewhere is drawn where it was, and glides to where it is.
 *
 * See Glenn Fiedler, "Snapshot Interpolation", on visual smoothing. Only the picture is late; the state is right at once.
 */

/**
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {{x: number, y: number, heading: number, at: number}} Offset how far off a thing was drawn, and when
 */

/** After how long an offset is a third of what it was (1/e), in milliseconds. */
const DECAY_MS = 100;
/** What is further off than this, in world units, is no correction but somewhere else. */
const DISTANCE_MAX = 400;
/** What nobody sees, in world units and in radians. */
const DISTANCE_MIN = 0.02;
const TURN_MIN = 0.002;

/** How far off things are drawn. */
export class Offsets {
  /** @type {Map<number, Offset>} */
  #offsets = new Map();

  /**
   * Keeps the picture where it was, although the things are now known to be elsewhere.
   * @param {Map<number, Drawable>} before what would have been drawn at this moment, without offsets
   * @param {Map<number, Drawable>} after what is drawn at the same moment, now that more is known
   * @param {number} now
   */
  absorb(before, after, now) {
    for (const [id, was] of before) {
      const is = after.get(id);
      if (is !== undefined && is.kind === was.kind) {
        this.#add(id, { x: was.x - is.x, y: was.y - is.y, heading: halfTurn(was.heading - is.heading), at: now });
      }
    }
  }

  /**
   * Moves what is drawn by what is left of its offset.
   * @param {Map<number, Drawable>} drawn changed in place
   * @param {number} now
   */
  apply(drawn, now) {
    for (const [id, offset] of this.#offsets) {
      const drawable = drawn.get(id);
      const left = offsetAt(offset, now);
      if (drawable === undefined || isUnseen(left)) {
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
    const offset = { x, y, heading: halfTurn(added.heading + (left?.heading ?? 0)), at: added.at };
    if (isUnseen(offset) || Math.hypot(x, y) > DISTANCE_MAX) {
      this.#offsets.delete(id);
    } else {
      this.#offsets.set(id, offset);
    }
  }
}

/** @param {Offset} offset @param {number} now @returns {Offset} what is left of it */
function offsetAt({ x, y, heading, at }, now) {
  const left = Math.exp(-Math.max(now - at, 0) / DECAY_MS);
  return { x: x * left, y: y * left, heading: heading * left, at: now };
}

/** @param {Offset} offset @returns {boolean} */
function isUnseen({ x, y, heading }) {
  return Math.hypot(x, y) < DISTANCE_MIN && Math.abs(heading) < TURN_MIN;
}

/** @param {number} radians @returns {number} the same direction, from −π to π */
function halfTurn(radians) {
  return radians - Math.round(radians / (2 * Math.PI)) * 2 * Math.PI;
}
