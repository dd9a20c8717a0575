// @ts-check
// Converts the netcode's drawables to the entity views of a scene.

import { DASH_RECHARGE_MS, HULL_FULL, ORBS_FULL, bountyOf, ids, levelsOf, offerOf, radius } from '../../netcode/index.js';

/** Number of hits that destroy an undamaged rock, by size. */
const ROCK_HULL_FULL = Object.freeze([2, 4, 8]);

/**
 * @typedef {import('../../netcode/index.js').Drawable} Drawable
 * @typedef {Pick<import('../scene.js').Scene, 'ships' | 'bullets' | 'rocks' | 'orbs'>} EntityViews
 * @typedef {ReadonlyMap<number, import('../scene.js').PlayerView>} Players
 */

/** @returns {EntityViews} */
export function emptyViews() {
  return { ships: [], bullets: [], rocks: [], orbs: [] };
}

/**
 * Adds drawables to the views of a scene.
 * @param {EntityViews} views
 * @param {Iterable<Drawable>} drawables
 * @param {Players} players
 * @param {number} tickRate
 */
export function addViews(views, drawables, players, tickRate) {
  for (const drawable of drawables) {
    const { entity, id, x, y, heading } = drawable;
    if (entity.kind === 'ship') {
      views.ships.push(shipView(drawable, entity, players.get(ids.pilot(id)), tickRate));
    } else if (entity.kind === 'bullet') {
      const player = ids.shooter(id);
      views.bullets.push({ id, player, isOwn: players.get(player)?.isOwn ?? false, x, y, heading });
    } else if (entity.kind === 'rock') {
      views.rocks.push({ id, x, y, radius: radius(entity), hull: entity.hull / ROCK_HULL_FULL[entity.size] });
    } else {
      views.orbs.push({ id, x, y });
    }
  }
}

/**
 * @param {Drawable} drawable
 * @param {import('../../netcode/entity.js').Ship} ship
 * @param {import('../scene.js').PlayerView | undefined} player
 * @param {number} tickRate
 * @returns {import('../scene.js').ShipView}
 */
function shipView({ id, x, y, heading }, ship, player, tickRate) {
  return {
    id,
    player: ids.pilot(id),
    name: player?.name ?? '',
    isOwn: player?.isOwn ?? false,
    isAi: player?.isAi ?? false,
    x,
    y,
    heading,
    isThrusting: ship.controls.thrust,
    recharge: Math.min((ship.recharge * 1000) / (DASH_RECHARGE_MS * tickRate), 1),
    isProtected: ship.protection > 0,
    isLeader: player?.isLeader ?? false,
    bounty: player ? bountyOf(player) : 0,
    hull: ship.hull / HULL_FULL,
    orbs: ship.orbs / ORBS_FULL,
    level: levelsOf(ship) + 1,
    offer: offerOf(ship),
  };
}
