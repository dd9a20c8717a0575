// @ts-check
// Turns the things that the netcode draws between ticks into what a scene shows.

import { HULL_FULL, ids, radius } from '../../netcode/index.js';

/** How many hits a whole rock takes, by size. */
const ROCK_HULL_FULL = Object.freeze([2, 4, 8]);

/**
 * @typedef {import('../../netcode/drawable.js').Drawable} Drawable
 * @typedef {Pick<import('../scene.js').Scene, 'ships' | 'bullets' | 'rocks' | 'orbs'>} Things
 * @typedef {ReadonlyMap<number, import('../scene.js').MemberView>} Members
 */

/** @returns {Things} */
export function nothing() {
  return { ships: [], bullets: [], rocks: [], orbs: [] };
}

/**
 * Adds what is to be drawn to the things of a scene.
 * @param {Things} things
 * @param {Iterable<Drawable>} drawables
 * @param {Members} members
 */
export function addThings(things, drawables, members) {
  for (const drawable of drawables) {
    const { entity, id, x, y, heading } = drawable;
    if (entity.kind === 'ship') {
      things.ships.push(shipView(drawable, entity, members.get(ids.pilot(id))));
    } else if (entity.kind === 'bullet') {
      const player = ids.shooter(id);
      things.bullets.push({ id, player, isOwn: members.get(player)?.isOwn ?? false, x, y, heading });
    } else if (entity.kind === 'rock') {
      things.rocks.push({ id, x, y, radius: radius(entity), hull: entity.hull / ROCK_HULL_FULL[entity.size] });
    } else {
      things.orbs.push({ id, x, y });
    }
  }
}

/**
 * @param {Drawable} drawable
 * @param {import('../../netcode/entity.js').Ship} ship
 * @param {import('../scene.js').MemberView | undefined} member
 * @returns {import('../scene.js').ShipView}
 */
function shipView({ id, x, y, heading }, ship, member) {
  return {
    id,
    player: ids.pilot(id),
    name: member?.name ?? '',
    isOwn: member?.isOwn ?? false,
    isDrone: member?.isDrone ?? false,
    x,
    y,
    heading,
    isThrusting: ship.controls.thrust,
    isProtected: ship.protection > 0,
    hull: ship.hull / HULL_FULL,
  };
}
