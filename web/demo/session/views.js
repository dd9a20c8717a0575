// @ts-check
// Converts the netcode's drawables to the entity views of a scene.

import { HULL_FULL, ids, radius } from '../../netcode/index.js';

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
 */
export function addViews(views, drawables, players) {
  for (const drawable of drawables) {
    const { entity, id, x, y, heading } = drawable;
    if (entity.kind === 'ship') {
      views.ships.push(shipView(drawable, entity, players.get(ids.pilot(id))));
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
 * @returns {import('../scene.js').ShipView}
 */
function shipView({ id, x, y, heading }, ship, player) {
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
    isProtected: ship.protection > 0,
    hull: ship.hull / HULL_FULL,
  };
}
