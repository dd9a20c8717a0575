// @ts-check
// Shows the points that the local player gains, as numbers that rise from the ship.

import { COLOURS, FONT } from '../theme.js';

const LIFE_MS = 900;
const RISE_PX = 34;
const ABOVE_PX = 34;
/** Time within which gains are shown as one sum. */
const MERGE_MS = 160;

/** The score popups. */
export class ScorePopups {
  constructor() {
    /** @type {number | null} */
    this.score = null;
    /** @type {{points: number, fromMs: number}[]} */
    this.popups = [];
  }

  /**
   * @param {import('../render.js').DrawContext} drawContext
   * @param {import('../scene.js').Scene} scene
   */
  draw(drawContext, scene) {
    this.update(scene, drawContext.nowMs);
    if (!scene.own) return;
    const { x, y } = drawContext.camera.toScreen(scene.own.x, scene.own.y);
    for (const popup of this.popups) drawPopup(drawContext, popup, x, y - ABOVE_PX);
  }

  /**
   * @param {import('../scene.js').Scene} scene
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
 * @param {import('../render.js').DrawContext} drawContext
 * @param {{points: number, fromMs: number}} gain
 * @param {number} x
 * @param {number} y
 */
function drawPopup({ context, nowMs, reducedMotion }, { points, fromMs }, x, y) {
  const age = (nowMs - fromMs) / LIFE_MS;
  context.globalAlpha = 1 - age ** 3;
  context.font = `700 ${points >= 50 ? 17 : 14}px ${FONT}`;
  context.textAlign = 'center';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  context.fillStyle = COLOURS.own;
  const at = y - (reducedMotion ? 0 : RISE_PX * (1 - (1 - age) ** 2));
  context.strokeText(`+${points}`, x, at);
  context.fillText(`+${points}`, x, at);
  context.globalAlpha = 1;
}
