// @ts-check
// What flares up and fades: exploding ships, breaking rocks, hits, engine sparks, and the shake of a hit on oneself.

import { COLOURS, playerColour } from '../theme.js';
import { drawGlow } from './glow.js';

/** More particles than this are not begun; what is lost among so many is not missed. */
const PARTICLES_MAX = 420;
const WAVES_MAX = 40;
const FLASH_MS = 140;
const SHAKE_MS = 260;
const SHAKE_PX = 5;
/** A thrusting ship leaves a spark about this often. */
const SPARK_EVERY_MS = 34;

/**
 * A speck that flies off; speeds are in units per second.
 * @typedef {Fading & {vx: number, vy: number, size: number}} Particle
 *
 * A ring that grows from one radius to another.
 * @typedef {Fading & {from: number, to: number, width: number}} Wave
 *
 * @typedef {{x: number, y: number, ageMs: number, lifeMs: number, colour: string}} Fading
 */

/** All that flares up and fades. */
export class Effects {
  constructor() {
    /** @type {Particle[]} */
    this.particles = [];
    /** @type {Wave[]} */
    this.waves = [];
    /** @type {Map<number, {hull: number, hitMs: number, sparkMs: number}>} */
    this.ships = new Map();
    this.shakenMs = -Infinity;
  }

  /**
   * Takes in what happened since the last frame, and lets time pass.
   * @param {import('../scene.js').Scene} scene
   * @param {import('../render.js').Brush} brush
   */
  advance(scene, brush) {
    for (const particle of this.particles) fly(particle, brush.stepMs);
    for (const wave of this.waves) wave.ageMs += brush.stepMs;
    this.particles = this.particles.filter(isFresh);
    this.waves = this.waves.filter(isFresh);
    for (const happening of scene.happenings) this.show(happening, brush);
    this.watchShips(scene.ships, brush);
  }

  /**
   * How bright a ship's last hit still is, from 0 to 1.
   * @param {number} id
   * @param {number} nowMs
   */
  flash(id, nowMs) {
    const ship = this.ships.get(id);
    return ship ? Math.max(1 - (nowMs - ship.hitMs) / FLASH_MS, 0) : 0;
  }

  /**
   * How far the picture is off its place, in CSS pixels.
   * @param {import('../render.js').Brush} brush
   */
  shake({ nowMs, isCalm }) {
    const left = 1 - (nowMs - this.shakenMs) / SHAKE_MS;
    if (isCalm || left <= 0) return { x: 0, y: 0 };
    const reach = SHAKE_PX * left * left;
    return { x: Math.sin(nowMs * 0.11) * reach, y: Math.cos(nowMs * 0.14) * reach };
  }

  /** @param {import('../render.js').Brush} brush */
  drawBelow(brush) {
    const { context, camera, glyphScale } = brush;
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

  /** @param {import('../render.js').Brush} brush */
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
   * @param {import('../scene.js').Happening} happening
   * @param {import('../render.js').Brush} brush
   */
  show(happening, brush) {
    const { kind, x, y, radius } = happening;
    const colour = playerColour(happening.player, happening.isOwn);
    if (kind === 'ship-lost') {
      this.wave({ x, y, from: 8, to: 105, width: 6, lifeMs: 760, colour });
      this.wave({ x, y, from: 6, to: 46, width: 8, lifeMs: 340, colour: COLOURS.flash });
      this.burst({ x, y, count: 34, speed: 240, size: 5.5, lifeMs: 1100, colour }, brush);
      this.burst({ x, y, count: 16, speed: 130, size: 3.5, lifeMs: 650, colour: COLOURS.flash }, brush);
      if (happening.isOwn) this.shakenMs = brush.nowMs;
    } else if (kind === 'rock-broken') {
      const count = 8 + Math.round(radius / 3);
      this.wave({ x, y, from: radius * 0.5, to: radius * 1.7, width: 2.5, lifeMs: 380, colour: COLOURS.rockLit });
      this.burst({ x, y, count, speed: 120, size: 5, lifeMs: 700, colour: COLOURS.rockLit }, brush);
    } else if (kind === 'orb-taken') {
      this.wave({ x, y, from: 10, to: 42, width: 3, lifeMs: 420, colour: COLOURS.orb });
      this.burst({ x, y, count: 8, speed: 80, size: 2.6, lifeMs: 420, colour: COLOURS.orb }, brush);
    } else {
      this.wave({ x, y, from: 3, to: 15, width: 2, lifeMs: 200, colour });
      this.burst({ x, y, count: 6, speed: 150, size: 2.6, lifeMs: 280, colour }, brush);
    }
  }

  /**
   * A hull that shrank was hit, and a ship that thrusts leaves sparks.
   * @param {import('../scene.js').ShipView[]} ships
   * @param {import('../render.js').Brush} brush
   */
  watchShips(ships, brush) {
    const watched = new Map();
    for (const ship of ships) {
      const known = this.ships.get(ship.id) ?? { hull: ship.hull, hitMs: -Infinity, sparkMs: 0 };
      if (ship.hull < known.hull) {
        known.hitMs = brush.nowMs;
        if (ship.isOwn) this.shakenMs = brush.nowMs;
      }
      known.hull = ship.hull;
      if (ship.isThrusting && !brush.isCalm && brush.nowMs - known.sparkMs > SPARK_EVERY_MS) {
        known.sparkMs = brush.nowMs;
        this.spark(ship, brush);
      }
      watched.set(ship.id, known);
    }
    this.ships = watched;
  }

  /**
   * @param {import('../scene.js').ShipView} ship
   * @param {import('../render.js').Brush} brush
   */
  spark(ship, { camera }) {
    if (!camera.sees(ship.x, ship.y, 60)) return;
    const away = ship.heading + Math.PI + (Math.random() - 0.5) * 0.5;
    const [x, y] = [ship.x - Math.cos(ship.heading) * 22, ship.y - Math.sin(ship.heading) * 22];
    const speed = 50 + Math.random() * 60;
    const colour = playerColour(ship.player, ship.isOwn);
    this.begin({ x, y, vx: Math.cos(away) * speed, vy: Math.sin(away) * speed, size: 2.6, ageMs: 0, lifeMs: 520, colour });
  }

  /**
   * @param {{x: number, y: number, count: number, speed: number, size: number, lifeMs: number, colour: string}} burst
   * @param {import('../render.js').Brush} brush
   */
  burst({ x, y, count, speed, size, lifeMs, colour }, { camera, isCalm }) {
    if (!camera.sees(x, y, 200)) return;
    for (let speck = 0; speck < (isCalm ? count / 3 : count); speck += 1) {
      const angle = Math.random() * 2 * Math.PI;
      const pace = speed * (0.25 + Math.random() * 0.75);
      this.begin({
        x, y, vx: Math.cos(angle) * pace, vy: Math.sin(angle) * pace,
        size: size * (0.5 + Math.random() * 0.5), ageMs: 0, lifeMs: lifeMs * (0.5 + Math.random() * 0.5), colour,
      });
    }
  }

  /** @param {Particle} particle */
  begin(particle) {
    if (this.particles.length < PARTICLES_MAX) this.particles.push(particle);
  }

  /** @param {Omit<Wave, 'ageMs'>} wave */
  wave(wave) {
    if (this.waves.length < WAVES_MAX) this.waves.push({ ...wave, ageMs: 0 });
  }
}

/** @param {Fading} it */
function isFresh(it) {
  return it.ageMs < it.lifeMs;
}

/**
 * @param {Particle} particle
 * @param {number} stepMs
 */
function fly(particle, stepMs) {
  const step = stepMs / 1000;
  const kept = Math.exp(-1.8 * step);
  particle.vx *= kept;
  particle.vy *= kept;
  particle.x += particle.vx * step;
  particle.y += particle.vy * step;
  particle.ageMs += stepMs;
}
