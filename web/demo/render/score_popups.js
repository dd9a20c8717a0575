// @ts-check
// Shows the points that the local player gains, as numbers that rise from the ship.

import { COLOURS, FONT } from '../theme.js';

const LIFE_MS = 900;
const RISE_PX = 34;
const ABOVE_PX = 34;
/** Points that are gained within this time after a popup has appeared are added to that popup. */
const MERGE_MS = 160;
/** Minimum distance between the baselines of two popups. */
export const LINE_PX = 18;

/** @typedef {{points: number, fromMs: number}} Popup */

/** The score popups. */
export class ScorePopups {
  constructor() {
    /** @type {number | null} */
    this.score = null;
    /** @type {Popup[]} oldest first */
    this.popups = [];
  }

  /**
   * @param {import('../render.js').DrawContext} drawContext
   * @param {import('../render.js').DrawnScene} scene
   */
  draw(drawContext, scene) {
    this.update(scene, drawContext.nowMs);
    if (!scene.own) return;
    const { x, y } = drawContext.camera.toScreen(scene.own.x, scene.own.y);
    const heights = popupHeights(this.popups, drawContext.nowMs, drawContext.reducedMotion);
    this.popups.forEach((popup, at) => drawPopup(drawContext, popup, x, y - ABOVE_PX - heights[at]));
  }

  /**
   * @param {import('../render.js').DrawnScene} scene
   * @param {number} nowMs
   */
  update({ players }, nowMs) {
    this.popups = this.popups.filter(({ fromMs }) => nowMs - fromMs < LIFE_MS);
    const score = players.find(({ isOwn }) => isOwn)?.score ?? null;
    const points = score === null || this.score === null ? 0 : score - this.score;
    this.score = score;
    if (points <= 0) return;
    const last = this.popups.at(-1);
    if (last && nowMs - last.fromMs < MERGE_MS) last.points += points;
    else this.popups.push({ points, fromMs: nowMs });
  }
}

/**
 * The heights to which popups have risen, in pixels. Each popup pushes the older popups up, so that they do not overlap.
 * @param {readonly Popup[]} popups oldest first
 * @param {number} nowMs
 * @param {boolean} reducedMotion
 * @returns {number[]}
 */
export function popupHeights(popups, nowMs, reducedMotion) {
  let below = -LINE_PX;
  const newestFirst = [...popups].reverse().map(({ fromMs }) => {
    const risen = reducedMotion ? 0 : RISE_PX * (1 - (1 - (nowMs - fromMs) / LIFE_MS) ** 2);
    below = Math.max(risen, below + LINE_PX);
    return below;
  });
  return newestFirst.reverse();
}

/**
 * @param {import('../render.js').DrawContext} drawContext
 * @param {Popup} popup
 * @param {number} x
 * @param {number} y
 */
function drawPopup({ context, nowMs }, { points, fromMs }, x, y) {
  context.globalAlpha = 1 - ((nowMs - fromMs) / LIFE_MS) ** 3;
  context.font = `700 ${points >= 50 ? 17 : 14}px ${FONT}`;
  context.textAlign = 'center';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  context.fillStyle = COLOURS.own;
  context.strokeText(`+${points}`, x, y);
  context.fillText(`+${points}`, x, y);
  context.globalAlpha = 1;
}
