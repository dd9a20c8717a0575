// @ts-check
// What one's own score grew by, rising from the ship.

import { COLOURS, FONT } from '../theme.js';

const LIFE_MS = 900;
const RISE_PX = 34;
const ABOVE_PX = 34;
/** Points that come so quickly after each other are told as one. */
const TOGETHER_MS = 160;

/** The numbers. */
export class Gains {
  constructor() {
    /** @type {number | null} */
    this.score = null;
    /** @type {{points: number, fromMs: number}[]} */
    this.gains = [];
  }

  /**
   * @param {import('../render.js').Brush} brush
   * @param {import('../scene.js').Scene} scene
   */
  draw(brush, scene) {
    this.watch(scene, brush.nowMs);
    if (!scene.own) return;
    const { x, y } = brush.camera.toScreen(scene.own.x, scene.own.y);
    for (const gain of this.gains) drawGain(brush, gain, x, y - ABOVE_PX);
  }

  /**
   * @param {import('../scene.js').Scene} scene
   * @param {number} nowMs
   */
  watch({ members }, nowMs) {
    this.gains = this.gains.filter(({ fromMs }) => nowMs - fromMs < LIFE_MS);
    const score = members.find(({ isOwn }) => isOwn)?.score ?? null;
    const points = score === null || this.score === null ? 0 : score - this.score;
    this.score = score;
    if (points <= 0) return;
    const last = this.gains.at(-1);
    if (last && nowMs - last.fromMs < TOGETHER_MS) last.points += points;
    else this.gains.push({ points, fromMs: nowMs });
  }
}

/**
 * @param {import('../render.js').Brush} brush
 * @param {{points: number, fromMs: number}} gain
 * @param {number} x
 * @param {number} y
 */
function drawGain({ context, nowMs, isCalm }, { points, fromMs }, x, y) {
  const age = (nowMs - fromMs) / LIFE_MS;
  context.globalAlpha = 1 - age ** 3;
  context.font = `700 ${points >= 50 ? 17 : 14}px ${FONT}`;
  context.textAlign = 'center';
  context.lineWidth = 3;
  context.strokeStyle = COLOURS.ink;
  context.fillStyle = COLOURS.own;
  const at = y - (isCalm ? 0 : RISE_PX * (1 - (1 - age) ** 2));
  context.strokeText(`+${points}`, x, at);
  context.fillText(`+${points}`, x, at);
  context.globalAlpha = 1;
}
