// @ts-check
/** The entities of an arena. Mirrors the Rust `Entity` of the arena, which documents the encoding. */

import { Controls } from './controls.js';
import { DecodeError } from './bytes.js';
import { ORBS_FULL, progressFromBits } from './progress.js';
import { Angle, Position } from './units.js';

/**
 * @typedef {import('./bytes.js').Reader} Reader
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 *
 * @typedef {object} Ship
 * @property {'ship'} kind
 * @property {number} x @property {number} y position, in 64ths of a unit
 * @property {number} vx @property {number} vy velocity, in 16ths of a unit per second
 * @property {number} heading direction of the nose, in 1024ths of a turn
 * @property {ControlsValue} controls the controls of its player
 * @property {number} cooldown ticks until the ship can fire again
 * @property {number} shot number of the next shot, modulo `SHOTS_PER_SHIP`
 * @property {number} hull hit points, up to `HULL_FULL`
 * @property {number} protection remaining ticks of invulnerability
 * @property {number} recharge ticks until the ship can dash again
 * @property {number} orbs number of orbs in the ship's bar, up to `ORBS_FULL`
 * @property {readonly number[]} levels the number of times that each of the `UPGRADES` was chosen. Immutable
 *
 * @typedef {object} Bullet
 * @property {'bullet'} kind
 * @property {number} x @property {number} y
 * @property {number} heading direction of flight
 * @property {number} life remaining ticks
 *
 * @typedef {object} Rock
 * @property {'rock'} kind
 * @property {number} x @property {number} y
 * @property {number} vx @property {number} vy
 * @property {0 | 1 | 2} size small, medium, large
 * @property {number} hull number of hits until it breaks
 *
 * @typedef {object} Orb
 * @property {'orb'} kind
 * @property {number} x @property {number} y
 *
 * @typedef {Ship | Bullet | Rock | Orb} Entity
 *
 * @typedef {{hull: number, orb: boolean} | {vx: number, vy: number}} Patch the new hull of a ship or rock, and whether to
 *   add an orb to the bar of a ship; or the new velocity of a rock
 */

/** Hit points of a new ship. */
export const HULL_FULL = 100;
/** Maximum velocity of a ship along one axis, in 16ths of a unit per second. */
export const SHIP_VELOCITY_MAX = 8191;

const RADIUS = Object.freeze({ ship: 16, bullet: 3, orb: 10 });
const ROCK_RADIUS = Object.freeze([18, 34, 56]);

/** @param {Entity} entity @returns {number} the radius in world units */
export function radius(entity) {
  return entity.kind === 'rock' ? ROCK_RADIUS[entity.size] : RADIUS[entity.kind];
}

/** @param {Entity} entity @returns {number} the radius in 64ths of a unit, like positions */
export function radiusSteps(entity) {
  return radius(entity) * Position.UNIT;
}

/**
 * @template {Entity} E
 * @param {E} entity
 * @returns {E} a copy that shares no mutable state
 */
export function cloneEntity(entity) {
  return { ...entity };
}

/** @param {Map<number, Entity>} entities @returns {Map<number, Entity>} a deep copy */
export function cloneEntities(entities) {
  /** @type {Map<number, Entity>} */
  const copies = new Map();
  entities.forEach((entity, id) => copies.set(id, cloneEntity(entity)));
  return copies;
}

/** Replaces the controls of a ship. @param {Entity} entity @param {ControlsValue} controls */
export function setEntityControls(entity, controls) {
  if (entity.kind === 'ship') {
    entity.controls = controls;
  }
}

/**
 * Applies a patch to a ship or rock.
 * @param {Entity} entity @param {Patch} patch
 */
export function patchEntity(entity, patch) {
  if (!('hull' in patch)) {
    if (entity.kind === 'rock') Object.assign(entity, patch);
    return;
  }
  if (entity.kind === 'ship' || entity.kind === 'rock') {
    entity.hull = patch.hull;
  }
  if (entity.kind === 'ship' && patch.orb) {
    entity.orbs = Math.min(entity.orbs + 1, ORBS_FULL);
  }
}

/** The first byte of a patch with a velocity. */
const REBOUND = 0x7f;

/** @param {Reader} reader @returns {Patch} */
export function readPatch(reader) {
  const first = reader.byte();
  const [hull, orb] = [first & 0x7f, first > 0x7f];
  if (hull !== REBOUND) return { hull, orb };
  if (orb) throw new DecodeError('malformed', 'hull of a patch too large');
  return readRockVelocity(reader);
}

const THRUST = 1 << 2;
const FIRE = 1 << 3;
const HEADING = 1 << 4;
const GUN = 1 << 5;
const TIMERS = 1 << 6;
const HULL = 1 << 7;
/** Bit after the steering that is set if the progress follows. */
const PROGRESS = 1 << 11;

/** @param {Reader} reader @returns {Entity} */
export function readEntity(reader) {
  const first = reader.byte();
  switch (first & 3) {
    case 0:
      return readShip(first, reader);
    case 1:
      return readBullet(first, reader);
    case 2:
      return readRock(first, reader);
    default: {
      const [x, y] = reader.pair();
      return { kind: 'orb', x, y };
    }
  }
}

/** @param {Reader} reader @returns {ControlsValue} */
export function readControls(reader) {
  const controls = Controls.fromBits(reader.fixed16());
  if (controls === null) {
    throw new DecodeError('malformed', 'invalid controls');
  }
  return controls;
}

/** @param {number} first @param {Reader} reader @returns {Ship} */
function readShip(first, reader) {
  const [x, y] = reader.pair();
  const [low, high] = reader.pair();
  const packed = (low >>> 14) | ((high >>> 14) << 6);
  const steering = Controls.fromBits(packed & (PROGRESS - 1));
  if (steering === null) {
    throw new DecodeError('malformed', 'invalid steering of a ship');
  }
  if (!(first & HEADING) && steering.steering !== 'towards') {
    throw new DecodeError('malformed', 'ship without a heading');
  }
  const heading = first & HEADING ? Angle.of(reader.fixed16()) : steering.aim;
  const gun = first & GUN ? reader.byte() : 0;
  const timers = first & TIMERS ? reader.fixed16() | (reader.byte() << 16) : 0;
  const hull = first & HULL ? reader.byte() : HULL_FULL;
  const progressBits = packed & PROGRESS ? reader.fixed16() : 0;
  const progress = progressFromBits(progressBits);
  if (progress === null || progressBits >> 13 !== 0) {
    throw new DecodeError('malformed', 'invalid progress of a ship');
  }
  const [dash, choice] = [(timers & (1 << 20)) !== 0, progressBits >> 11];
  const controls = { ...steering, thrust: (first & THRUST) !== 0, fire: (first & FIRE) !== 0, dash, choice };
  const [vx, vy] = [signed(low, 14), signed(high, 14)];
  const [protection, recharge] = [timers & 0x3ff, (timers >> 10) & 0x3ff];
  const [cooldown, shot] = [gun & 0x1f, gun >> 5];
  return { kind: 'ship', x, y, vx, vy, heading, controls, cooldown, shot, hull, protection, recharge, ...progress };
}

/** @param {number} first @param {Reader} reader @returns {Bullet} */
function readBullet(first, reader) {
  const [x, y] = reader.pair();
  const packed = reader.fixed16();
  if (packed >> 4 > 0xff) {
    throw new DecodeError('malformed', 'bullet lifetime too long');
  }
  return { kind: 'bullet', x, y, heading: (first >> 2) | ((packed & 0xf) << 6), life: packed >> 4 };
}

/** @param {number} first @param {Reader} reader @returns {Rock} */
function readRock(first, reader) {
  const size = (first >> 2) & 3;
  if (size === 3) {
    throw new DecodeError('malformed', 'invalid size of a rock');
  }
  const [x, y] = reader.pair();
  const rockSize = /** @type {0 | 1 | 2} */ (size);
  return { kind: 'rock', x, y, ...readRockVelocity(reader), size: rockSize, hull: first >> 4 };
}

/** @param {Reader} reader @returns {{vx: number, vy: number}} */
function readRockVelocity(reader) {
  const packed = reader.fixed16() | (reader.byte() << 16);
  return { vx: signed(packed, 12), vy: signed(packed >> 12, 12) };
}

/** @param {number} number @param {number} bits @returns {number} the lowest `bits` bits of the number, sign-extended */
function signed(number, bits) {
  return (number << (32 - bits)) >> (32 - bits);
}
