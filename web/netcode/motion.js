// @ts-check
/**
 * Coasting: advances an entity by one tick, ignoring interactions with other entities. The results are identical
 * to those of the arena's Rust module `motion`.
 *
 * A ship applies a chosen upgrade, turns, dashes, thrusts, is slowed by drag, moves, bounces off the border and fires, in
 * that order.
 */

import { SHIP_VELOCITY_MAX, radiusSteps } from './entity.js';
import * as ids from './ids.js';
import { choose, levelOf } from './progress.js';
import { Rules } from './rules.js';
import { ONE } from './sine.js';
import { Angle, Position, Velocity, clamp, divideRounded } from './units.js';

/**
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./entity.js').Ship} Ship
 * @typedef {import('./entity.js').Bullet} Bullet
 * @typedef {import('./entity.js').Rock} Rock
 * @typedef {{parent: number, id: number, entity: Entity}} Spawn a new entity: a bullet that the ship with the
 *   id `parent` fires while coasting
 */

/** Turn rate of a ship: one revolution per second. */
const TURN_PER_SECOND = Angle.TURN;
/** Acceleration under thrust, in 16ths of a unit per second, per second. */
const THRUST_PER_SECOND = 400 * Velocity.UNIT;
/** Each level of the speed adds this fraction to the acceleration, as its denominator. */
const SPEED_PER_LEVEL = 8;
/** Drag per second, as a fraction of the velocity: 5/4. The terminal velocity under thrust is 320 units per second. */
const DRAG = Object.freeze([5, 4]);
/** Speed of a ship that dashes, in 16ths of a unit per second. */
const DASH_SPEED = 480 * Velocity.UNIT;
/** Time between dashes. */
export const DASH_RECHARGE_MS = 2_500;
/** Speed of a bullet, in 16ths of a unit per second. */
export const BULLET_SPEED = 640 * Velocity.UNIT;
/** Distance from the ship's center at which a bullet spawns, in 64ths of a unit. */
const MUZZLE = (16 + 4) * Position.UNIT;
/** Time between shots, by the level of the fire rate. */
const COOLDOWN_MS = Object.freeze([200, 180, 160, 140]);
/** Angle between adjacent bullets of a shot, in 1024ths of a turn. */
const FAN_ANGLE = 16;
/** Lifetime of a bullet. */
const BULLET_LIFE_MS = 1_100;

/**
 * Advances one entity by one tick.
 * @param {Rules} rules @param {number} id @param {Entity} entity modified in place
 * @param {Spawn[]} spawns receives the new entities; they do not coast until the next tick
 * @returns {boolean} whether the entity still exists
 */
export function coast(rules, id, entity, spawns) {
  switch (entity.kind) {
    case 'ship':
      coastShip(rules, id, entity, spawns);
      return true;
    case 'bullet':
      return coastBullet(rules, entity);
    case 'rock':
      coastRock(rules, entity);
      return true;
    case 'orb':
      return true;
  }
}

/** @param {Rules} rules @param {number} id @param {Ship} ship @param {Spawn[]} spawns */
function coastShip(rules, id, ship, spawns) {
  const { tickRate } = rules;
  choose(ship, ship.controls.choice);
  ship.heading = turned(ship.heading, ship.controls, Math.floor(TURN_PER_SECOND / tickRate));
  ship.recharge = Math.max(ship.recharge - 1, 0);
  if (ship.controls.dash && ship.recharge === 0) {
    ship.vx = Velocity.towardsX(ship.heading, DASH_SPEED);
    ship.vy = Velocity.towardsY(ship.heading, DASH_SPEED);
    ship.recharge = Rules.ticks(rules, DASH_RECHARGE_MS);
  }
  if (ship.controls.thrust) {
    const acceleration = (THRUST_PER_SECOND / 16 / SPEED_PER_LEVEL) * (SPEED_PER_LEVEL + levelOf(ship, 'speed'));
    ship.vx += divideRounded(acceleration * Angle.cos(ship.heading), (ONE / 16) * tickRate);
    ship.vy += divideRounded(acceleration * Angle.sin(ship.heading), (ONE / 16) * tickRate);
  }
  ship.vx = clamp(dragged(ship.vx, tickRate), -SHIP_VELOCITY_MAX, SHIP_VELOCITY_MAX);
  ship.vy = clamp(dragged(ship.vy, tickRate), -SHIP_VELOCITY_MAX, SHIP_VELOCITY_MAX);
  ship.x = Position.moved(ship.x, ship.vx, tickRate);
  ship.y = Position.moved(ship.y, ship.vy, tickRate);
  bounce(rules, ship, 2);
  ship.protection = Math.max(ship.protection - 1, 0);
  ship.cooldown = Math.max(ship.cooldown - 1, 0);
  if (ship.controls.fire && ship.cooldown === 0) {
    fire(rules, id, ship, spawns);
  }
}

/** @param {number} heading @param {ControlsValue} controls @param {number} steps @returns {number} */
function turned(heading, controls, steps) {
  switch (controls.steering) {
    case 'ahead':
      return heading;
    case 'left':
      return Angle.of(heading - steps);
    case 'right':
      return Angle.of(heading + steps);
    case 'towards':
      return Angle.turnedTowards(heading, controls.aim, steps);
  }
}

/**
 * The velocity after one tick of drag. The loss of velocity is rounded up, so that a ship without thrust comes to rest.
 * @param {number} velocity @param {number} tickRate @returns {number}
 */
function dragged(velocity, tickRate) {
  const divisor = DRAG[1] * tickRate;
  const drag = Math.floor((Math.abs(velocity) * DRAG[0] + divisor - 1) / divisor);
  return velocity - Math.sign(velocity) * drag;
}

/**
 * Fires a shot: one bullet, and one more for each level of the spread. The bullets form a fan around the heading.
 * @param {Rules} rules @param {number} id @param {Ship} ship @param {Spawn[]} spawns
 */
function fire(rules, id, ship, spawns) {
  const { shot } = ship;
  ship.shot = (shot + 1) % ids.SHOTS_PER_SHIP;
  ship.cooldown = Rules.ticks(rules, COOLDOWN_MS[levelOf(ship, 'fireRate')]) & 0xff;
  ship.protection = 0;
  const spread = levelOf(ship, 'spread');
  for (let number = 0; number <= spread; number += 1) {
    const heading = Angle.of(ship.heading + ((2 * number - spread) * FAN_ANGLE) / 2);
    spawns.push({ parent: id, id: ids.bullet(id, shot, number), entity: bulletAtMuzzle(rules, ship, heading) });
  }
}

/** @param {Rules} rules @param {Ship} ship @param {number} heading @returns {Bullet} */
function bulletAtMuzzle(rules, ship, heading) {
  const x = clamp(ship.x + divideRounded(MUZZLE * Angle.cos(heading), ONE), 0, Rules.extent(rules) - 1);
  const y = clamp(ship.y + divideRounded(MUZZLE * Angle.sin(heading), ONE), 0, Rules.extent(rules) - 1);
  return { kind: 'bullet', x, y, heading, life: Rules.ticks(rules, BULLET_LIFE_MS) & 0xff };
}

/** @param {Rules} rules @param {Bullet} bullet @returns {boolean} */
function coastBullet(rules, bullet) {
  bullet.x = Position.moved(bullet.x, Velocity.towardsX(bullet.heading, BULLET_SPEED), rules.tickRate);
  bullet.y = Position.moved(bullet.y, Velocity.towardsY(bullet.heading, BULLET_SPEED), rules.tickRate);
  bullet.life = Math.max(bullet.life - 1, 0);
  const isInside = (/** @type {number} */ at) => at >= 0 && at < Rules.extent(rules);
  return bullet.life > 0 && isInside(bullet.x) && isInside(bullet.y);
}

/** @param {Rules} rules @param {Rock} rock */
function coastRock(rules, rock) {
  rock.x = Position.moved(rock.x, rock.vx, rules.tickRate);
  rock.y = Position.moved(rock.y, rock.vy, rules.tickRate);
  bounce(rules, rock, 1);
}

/**
 * Keeps a disc inside the world. The velocity component into the border is reversed and divided by `damping`.
 * @param {Rules} rules @param {Ship | Rock} disc @param {number} damping
 */
function bounce(rules, disc, damping) {
  const low = radiusSteps(disc);
  const high = Rules.extent(rules) - low;
  if (disc.x < low) {
    disc.x = Math.min(2 * low - disc.x, high);
    disc.vx = Math.floor(Math.abs(disc.vx) / damping);
  } else if (disc.x > high) {
    disc.x = Math.max(2 * high - disc.x, low);
    disc.vx = 0 - Math.floor(Math.abs(disc.vx) / damping);
  }
  if (disc.y < low) {
    disc.y = Math.min(2 * low - disc.y, high);
    disc.vy = Math.floor(Math.abs(disc.vy) / damping);
  } else if (disc.y > high) {
    disc.y = Math.max(2 * high - disc.y, low);
    disc.vy = 0 - Math.floor(Math.abs(disc.vy) / damping);
  }
}
