// @ts-check
// A fight between AI ships, simulated in the page with the kernel of the netcode. It is the background of the menu, so its rules
// are simpler than those of the server: there are no rocks, and ships neither collide nor have temperaments.

import {
  Angle, BULLET_SPEED, Controls, HULL_FULL, Position, Rules, Velocity, cloneEntities, coastAll, ids, interpolateEntities, radius,
} from '../../netcode/index.js';
import { seededRandom } from '../render/random.js';
import { addViews, emptyViews } from '../session/views.js';

/** @type {import('../../netcode/rules.js').Rules} */
const RULES = Object.freeze({ tickRate: 30, worldSize: 2400, roundS: 0 });
const TICK_MS = 1000 / RULES.tickRate;
/** Maximum number of ticks per frame. After a pause, such as in a hidden tab, the fight goes on where it stopped. */
const TICKS_MAX = 3;
const SHIPS = 6;
const ORBS = 8;
const BULLET_DAMAGE = 12;
const ORB_REPAIR = 20;
const RESPAWN_TICKS = 60;
const PROTECTION_TICKS = 45;
/** Half the width and height of the rectangle around the center of the world in which ships and orbs are put, in units. */
const SPAWN_REACH = Object.freeze({ x: 700, y: 380 });
/** Ships that are farther than this from the center return to it, so that the fight stays in the window. In units. */
const REACH = 620;
/** Distances to the target, in units: a ship fires below the first one, and thrusts above the second one. */
const FIRE_RANGE = 480;
const FIGHT_DISTANCE = 240;
/** Number of ticks for which a ship keeps its error of aim and its decision to fire. */
const MOOD_TICKS = 24;
/** Maximum error of an aim, and the deviation from the aim at which a ship fires, in 1024ths of a turn. */
const AIM_ERROR_MAX = 60;
const ALIGNMENT = 30;

/**
 * @typedef {import('../../netcode/index.js').Entity} Entity
 * @typedef {import('../../netcode/entity.js').Ship} Ship
 * @typedef {import('../../netcode/entity.js').Bullet} Bullet
 * @typedef {{x: number, y: number}} Place in 64ths of a unit
 */

/** The fight. */
export class Fight {
  #random;
  #tick = 0;
  #untilNextMs = 0;
  /** @type {Map<number, Entity>} */
  #entities = new Map();
  /** The entities one tick earlier. @type {Map<number, Entity>} */
  #before = new Map();
  /** Ticks in which ships return, by player. @type {Map<number, number>} */
  #returns = new Map();
  /** @type {import('../scene.js').VisualEvent[]} */
  #events = [];
  /** The players, without names: they have no labels. @type {Map<number, import('../scene.js').PlayerView>} */
  #players;

  /** @param {number} seed of all random decisions */
  constructor(seed) {
    this.#random = seededRandom(seed);
    const players = Array.from({ length: SHIPS }, (_, player) => player);
    this.#players = new Map(players.map((player) => [player, playerView(player)]));
    for (const player of players) this.#putShip(player);
    for (let orb = 0; orb < ORBS; orb += 1) this.#putOrb(ids.SHIPS + orb);
    this.#before = cloneEntities(this.#entities);
  }

  /** Side of the square world, in units. */
  get worldSize() {
    return RULES.worldSize;
  }

  /**
   * Advances the fight, and returns what to draw.
   * @param {number} stepMs time since the last frame
   */
  frame(stepMs) {
    this.#untilNextMs -= Math.min(stepMs, TICKS_MAX * TICK_MS);
    while (this.#untilNextMs <= 0) {
      this.#untilNextMs += TICK_MS;
      this.#step();
    }
    const fraction = 1 - this.#untilNextMs / TICK_MS;
    const views = emptyViews();
    const drawables = interpolateEntities(this.#before, this.#entities, fraction, RULES.tickRate);
    addViews(views, drawables.values(), this.#players, RULES.tickRate);
    return { ...views, visualEvents: this.#events.splice(0) };
  }

  #step() {
    this.#tick += 1;
    this.#before = cloneEntities(this.#entities);
    for (const [id, entity] of this.#entities) {
      if (entity.kind === 'ship') entity.controls = this.#controls(id, entity);
    }
    coastAll(RULES, this.#entities);
    for (const [id, entity] of this.#entities) {
      if (entity.kind === 'bullet') this.#hit(id, entity);
      if (entity.kind === 'orb') this.#collect(id, entity);
    }
    for (const [player, tick] of this.#returns) {
      if (tick <= this.#tick) this.#putShip(player);
    }
  }

  /**
   * The controls of an AI ship: it fights the nearest ship.
   * @param {number} id
   * @param {Ship} ship
   * @returns {import('../../netcode/index.js').ControlsValue}
   */
  #controls(id, ship) {
    const center = { x: Rules.extent(RULES) / 2, y: Rules.extent(RULES) / 2 };
    const target = distance(ship, center) < REACH ? this.#nearestTo(id, ship) : null;
    // Ships change their moods at different ticks. Each mood of a ship has its own random bits.
    const mood = seededRandom(id * 7919 + Math.floor((this.#tick + id * 5) / MOOD_TICKS));
    const error = Math.round((mood() - 0.5) * 2 * AIM_ERROR_MAX);
    const isFiring = mood() < 0.5;
    const aim = Angle.of(bearing(ship, target ? ahead(ship, target) : center) + error);
    const isAligned = Math.abs(Angle.stepsTo(ship.heading, aim)) < ALIGNMENT;
    const away = target ? distance(ship, target) : Infinity;
    return {
      ...Controls.NONE, steering: 'towards', aim, thrust: away > FIGHT_DISTANCE, fire: isFiring && isAligned && away < FIRE_RANGE,
    };
  }

  /** @param {number} id @param {Ship} ship @returns {Ship | null} */
  #nearestTo(id, ship) {
    /** @type {Ship | null} */
    let nearest = null;
    for (const [other, entity] of this.#entities) {
      if (entity.kind !== 'ship' || other === id) continue;
      if (nearest === null || distance(ship, entity) < distance(ship, nearest)) nearest = entity;
    }
    return nearest;
  }

  /** @param {number} id @param {Bullet} bullet */
  #hit(id, bullet) {
    const player = ids.shooter(id);
    for (const [target, ship] of this.#entities) {
      if (ship.kind !== 'ship' || target === ids.ship(player) || !touch(bullet, ship)) continue;
      this.#remove(id, bullet, 'bullet-hit', player);
      if (ship.protection > 0) return;
      ship.hull = Math.max(ship.hull - BULLET_DAMAGE, 0);
      if (ship.hull > 0) return;
      this.#remove(target, ship, 'ship-destroyed', ids.pilot(target));
      this.#returns.set(ids.pilot(target), this.#tick + RESPAWN_TICKS);
      return;
    }
  }

  /** @param {number} id @param {Entity} orb */
  #collect(id, orb) {
    for (const ship of this.#entities.values()) {
      if (ship.kind !== 'ship' || !touch(orb, ship)) continue;
      ship.hull = Math.min(ship.hull + ORB_REPAIR, HULL_FULL);
      this.#remove(id, orb, 'orb-collected', 0);
      this.#putOrb(id);
      return;
    }
  }

  /**
   * Removes an entity, with a visual event.
   * @param {number} id
   * @param {Entity} entity
   * @param {import('../scene.js').VisualEvent['kind']} kind
   * @param {number} player
   */
  #remove(id, entity, kind, player) {
    this.#entities.delete(id);
    const [x, y] = [entity.x / Position.UNIT, entity.y / Position.UNIT];
    this.#events.push({ kind, x, y, player, isOwn: false, radius: radius(entity) });
  }

  /** @param {number} player */
  #putShip(player) {
    this.#returns.delete(player);
    const place = this.#place();
    const heading = Math.floor(this.#random() * Angle.TURN);
    this.#entities.set(ids.ship(player), {
      kind: 'ship', ...place, vx: 0, vy: 0, heading, controls: Controls.NONE, cooldown: 0, shot: 0, hull: HULL_FULL,
      protection: PROTECTION_TICKS, recharge: 0, orbs: 0, levels: [0, 0, 0, 0],
    });
  }

  /** @param {number} id */
  #putOrb(id) {
    this.#entities.set(id, { kind: 'orb', ...this.#place() });
  }

  /** @returns {Place} a random place near the center of the world */
  #place() {
    const along = (/** @type {number} */ reach) => (
      Math.round((RULES.worldSize / 2 + (this.#random() * 2 - 1) * reach) * Position.UNIT)
    );
    return { x: along(SPAWN_REACH.x), y: along(SPAWN_REACH.y) };
  }
}

/** @param {number} player @returns {import('../scene.js').PlayerView} */
function playerView(player) {
  return {
    player, name: '', isAi: player % 2 === 0, isOwn: false, score: 0, kills: 0, deaths: 0, streak: 0, isLeader: false,
  };
}

/** Where a bullet that is fired now meets a ship, roughly. @param {Ship} ship @param {Ship} target @returns {Place} */
function ahead(ship, target) {
  const seconds = (distance(ship, target) * Velocity.UNIT) / BULLET_SPEED;
  const scale = (seconds * Position.UNIT) / Velocity.UNIT;
  return { x: target.x + (target.vx - ship.vx) * scale, y: target.y + (target.vy - ship.vy) * scale };
}

/** @param {Place} from @param {Place} to */
function bearing(from, to) {
  return Angle.fromRadians(Math.atan2(to.y - from.y, to.x - from.x));
}

/** The distance in units. @param {Place} a @param {Place} b */
function distance(a, b) {
  return Math.hypot(a.x - b.x, a.y - b.y) / Position.UNIT;
}

/** @param {Entity} a @param {Entity} b */
function touch(a, b) {
  return distance(a, b) < radius(a) + radius(b);
}
