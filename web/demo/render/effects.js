// @ts-check
// Transient effects: explosions, breaking rocks, collected orbs, hits, engine sparks, and camera shake when the local ship is
// hit or destroyed.

import { COLOURS, playerColour } from '../theme.js';
import { drawGlow } from './glow.js';

/** Maximum numbers of particles and of rings. At the maximum, new ones are dropped, which is hardly visible. */
const PARTICLES_MAX = 420;
const WAVES_MAX = 40;
const FLASH_MS = 140;
const SHAKE_MS = 260;
const SHAKE_PX = 5;
/** Interval between the sparks of a thrusting ship. */
const SPARK_INTERVAL_MS = 34;

/**
 * A moving particle. Its velocity is in units per second.
 * @typedef {Fading & {vx: number, vy: number, size: number}} Particle
 *
 * A ring that expands from one radius to another.
 * @typedef {Fading & {from: number, to: number, width: number}} Wave
 *
 * @typedef {{x: number, y: number, ageMs: number, lifeMs: number, colour: string}} Fading
 */

/** All transient effects. */
export class Effects {
  constructor() {
    /** @type {Particle[]} */
    this.particles = [];
    /** @type {Wave[]} */
    this.waves = [];
    /** @type {Map<number, {hull: number, recharge: number, hitMs: number, sparkMs: number}>} */
    this.ships = new Map();
    this.shakenMs = -Infinity;
  }

  /**
   * Advances the effects by a frame, and starts new ones.
   * @param {import('../render.js').DrawnScene} scene
   * @param {import('../render.js').DrawContext} drawContext
   */
  advance(scene, drawContext) {
    for (const particle of this.particles) moveParticle(particle, drawContext.stepMs);
    for (const wave of this.waves) wave.ageMs += drawContext.stepMs;
    this.particles = this.particles.filter(isAlive);
    this.waves = this.waves.filter(isAlive);
    for (const event of scene.visualEvents) this.start(event, drawContext);
    this.trackShips(scene.ships, drawContext);
  }

  /**
   * Brightness of a ship's flash, from 0 to 1: 1 when it is hit, then fading.
   * @param {number} id
   * @param {number} nowMs
   */
  flash(id, nowMs) {
    const ship = this.ships.get(id);
    return ship ? Math.max(1 - (nowMs - ship.hitMs) / FLASH_MS, 0) : 0;
  }

  /**
   * Current offset of the camera due to shaking, in CSS pixels.
   * @param {import('../render.js').DrawContext} drawContext
   */
  shake({ nowMs, reducedMotion }) {
    const left = 1 - (nowMs - this.shakenMs) / SHAKE_MS;
    if (reducedMotion || left <= 0) return { x: 0, y: 0 };
    const reach = SHAKE_PX * left * left;
    return { x: Math.sin(nowMs * 0.11) * reach, y: Math.cos(nowMs * 0.14) * reach };
  }

  /** @param {import('../render.js').DrawContext} drawContext */
  drawBelow(drawContext) {
    const { context, camera, glyphScale } = drawContext;
    for (const particle of this.particles) {
      if (!camera.sees(particle.x, particle.y, 20)) continue;
      const left = 1 - particle.ageMs / particle.lifeMs;
      const radius = particle.size * (0.4 + 0.6 * left) * glyphScale;
      context.globalAlpha = left;
      context.fillStyle = particle.colour;
      context.fillRect(particle.x - radius / 2, particle.y - radius / 2, radius, radius);
    }
    context.globalAlpha = 1;
  }

  /** @param {import('../render.js').DrawContext} drawContext */
  drawAbove({ context, camera }) {
    for (const wave of this.waves) {
      if (!camera.sees(wave.x, wave.y, wave.to)) continue;
      const age = wave.ageMs / wave.lifeMs;
      const radius = wave.from + (wave.to - wave.from) * (1 - (1 - age) ** 3);
      drawGlow(context, wave.colour, wave.x, wave.y, radius * 1.5, (1 - age) ** 2);
      context.globalAlpha = (1 - age) * 0.9;
      context.strokeStyle = wave.colour;
      context.lineWidth = wave.width * (1 - age) + 0.4;
      context.beginPath();
      context.arc(wave.x, wave.y, radius, 0, 2 * Math.PI);
      context.stroke();
      context.globalAlpha = 1;
    }
  }

  /**
   * @param {import('../scene.js').VisualEvent} event
   * @param {import('../render.js').DrawContext} drawContext
   */
  start(event, drawContext) {
    const { kind, x, y, radius } = event;
    const colour = playerColour(event.player, event.isOwn);
    if (kind === 'ship-destroyed') {
      this.addWave({ x, y, from: 8, to: 105, width: 6, lifeMs: 760, colour });
      this.addWave({ x, y, from: 6, to: 46, width: 8, lifeMs: 340, colour: COLOURS.flash });
      this.burst({ x, y, count: 34, speed: 240, size: 5.5, lifeMs: 1100, colour }, drawContext);
      this.burst({ x, y, count: 16, speed: 130, size: 3.5, lifeMs: 650, colour: COLOURS.flash }, drawContext);
      if (event.isOwn) this.shakenMs = drawContext.nowMs;
    } else if (kind === 'rock-destroyed') {
      const count = 8 + Math.round(radius / 3);
      this.addWave({ x, y, from: radius * 0.5, to: radius * 1.7, width: 2.5, lifeMs: 380, colour: COLOURS.rockLit });
      this.burst({ x, y, count, speed: 120, size: 5, lifeMs: 700, colour: COLOURS.rockLit }, drawContext);
    } else if (kind === 'orb-collected') {
      this.addWave({ x, y, from: 10, to: 42, width: 3, lifeMs: 420, colour: COLOURS.orb });
      this.burst({ x, y, count: 8, speed: 80, size: 2.6, lifeMs: 420, colour: COLOURS.orb }, drawContext);
    } else {
      this.addWave({ x, y, from: 3, to: 15, width: 2, lifeMs: 200, colour });
      this.burst({ x, y, count: 6, speed: 150, size: 2.6, lifeMs: 280, colour }, drawContext);
    }
  }

  /**
   * Starts the effects of ships that were hit or are thrusting. A ship was hit if its hull is lower than in the last frame.
   * @param {import('../scene.js').ShipView[]} ships
   * @param {import('../render.js').DrawContext} drawContext
   */
  trackShips(ships, drawContext) {
    const tracked = new Map();
    for (const ship of ships) {
      const known = this.ships.get(ship.id) ?? { hull: ship.hull, recharge: ship.recharge, hitMs: -Infinity, sparkMs: 0 };
      if (ship.hull < known.hull) {
        known.hitMs = drawContext.nowMs;
        if (ship.isOwn) this.shakenMs = drawContext.nowMs;
      }
      known.hull = ship.hull;
      if (ship.recharge > known.recharge) this.startDash(ship);
      known.recharge = ship.recharge;
      const sparkIntervalMs = SPARK_INTERVAL_MS / drawContext.effects;
      if (ship.isThrusting && !drawContext.reducedMotion && drawContext.nowMs - known.sparkMs > sparkIntervalMs) {
        known.sparkMs = drawContext.nowMs;
        this.spark(ship, drawContext);
      }
      tracked.set(ship.id, known);
    }
    this.ships = tracked;
  }

  /** @param {import('../scene.js').ShipView} ship that has started a dash */
  startDash({ x, y, player, isOwn }) {
    this.addWave({ x, y, from: 14, to: 48, width: 4, lifeMs: 320, colour: playerColour(player, isOwn) });
  }

  /**
   * @param {import('../scene.js').ShipView} ship
   * @param {import('../render.js').DrawContext} drawContext
   */
  spark(ship, { camera }) {
    if (!camera.sees(ship.x, ship.y, 60)) return;
    const away = ship.heading + Math.PI + (Math.random() - 0.5) * 0.5;
    const [x, y] = [ship.x - Math.cos(ship.heading) * 22, ship.y - Math.sin(ship.heading) * 22];
    const speed = 50 + Math.random() * 60;
    const colour = playerColour(ship.player, ship.isOwn);
    this.addParticle({ x, y, vx: Math.cos(away) * speed, vy: Math.sin(away) * speed, size: 2.6, ageMs: 0, lifeMs: 520, colour });
  }

  /**
   * @param {{x: number, y: number, count: number, speed: number, size: number, lifeMs: number, colour: string}} burst
   * @param {import('../render.js').DrawContext} drawContext
   */
  burst({ x, y, count, speed, size, lifeMs, colour }, { camera, reducedMotion, effects }) {
    if (!camera.sees(x, y, 200)) return;
    for (let speck = 0; speck < (reducedMotion ? count / 3 : count) * effects; speck += 1) {
      const angle = Math.random() * 2 * Math.PI;
      const pace = speed * (0.25 + Math.random() * 0.75);
      this.addParticle({
        x, y, vx: Math.cos(angle) * pace, vy: Math.sin(angle) * pace,
        size: size * (0.5 + Math.random() * 0.5), ageMs: 0, lifeMs: lifeMs * (0.5 + Math.random() * 0.5), colour,
      });
    }
  }

  /** @param {Particle} particle */
  addParticle(particle) {
    if (this.particles.length < PARTICLES_MAX) this.particles.push(particle);
  }

  /** @param {Omit<Wave, 'ageMs'>} wave */
  addWave(wave) {
    if (this.waves.length < WAVES_MAX) this.waves.push({ ...wave, ageMs: 0 });
  }
}

/** @param {Fading} effect */
function isAlive(effect) {
  return effect.ageMs < effect.lifeMs;
}

/**
 * @param {Particle} particle
 * @param {number} stepMs
 */
function moveParticle(particle, stepMs) {
  const step = stepMs / 1000;
  const damping = Math.exp(-1.8 * step);
  particle.vx *= damping;
  particle.vy *= damping;
  particle.x += particle.vx * step;
  particle.y += particle.vy * step;
  particle.ageMs += stepMs;
}
