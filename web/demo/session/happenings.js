// @ts-check
// What a tick brought, told as things that flare up and as lines of the feed.

import { Position, ids, radius } from '../../netcode/index.js';

/**
 * @typedef {import('../../netcode/replica.js').Applied} Applied
 * @typedef {import('./roster.js').Roster} Roster
 */

/**
 * What flares up where the server took something out.
 * @param {Applied} applied
 * @param {number | null} own one's own seat
 * @returns {import('../scene.js').Happening[]}
 */
export function happeningsIn(applied, own) {
  const destroyed = new Set(applied.events.map(({ victim }) => victim));
  return applied.removed.flatMap(([id, entity]) => {
    const kind = happeningOf(id, entity, destroyed);
    if (kind === null) return [];
    const player = playerOf(id, entity);
    const [x, y] = [entity.x / Position.UNIT, entity.y / Position.UNIT];
    return [{ kind, x, y, player: player ?? 0, isOwn: player !== null && player === own, radius: radius(entity) }];
  });
}

/**
 * The lines of the feed. Drones come and go unnoticed, and a reset tells of everybody who is there, which is no news.
 * @param {Applied} applied
 * @param {Roster} roster as it was before the tick; it meets who joins
 * @returns {import('../scene.js').News[]}
 */
export function newsIn(applied, roster) {
  return applied.room.flatMap((event) => {
    const news = newsOf(event, roster);
    if (news === null) return [];
    const isTraffic = news.kind === 'join' || news.kind === 'leave';
    return isTraffic && (applied.reset || news.who.isDrone) ? [] : [news];
  });
}

/**
 * @param {number} id
 * @param {import('../../netcode/entity.js').Entity} entity
 * @param {Set<number>} destroyed whose ships were
 * @returns {import('../scene.js').Happening['kind'] | null}
 */
function happeningOf(id, entity, destroyed) {
  if (entity.kind === 'ship') return destroyed.has(ids.pilot(id)) ? 'ship-lost' : null;
  if (entity.kind === 'bullet') return 'bullet-hit';
  return entity.kind === 'rock' ? 'rock-broken' : 'orb-taken';
}

/**
 * @param {number} id
 * @param {import('../../netcode/entity.js').Entity} entity
 * @returns {number | null}
 */
function playerOf(id, { kind }) {
  if (kind === 'ship') return ids.pilot(id);
  return kind === 'bullet' ? ids.shooter(id) : null;
}

/**
 * @param {import('../../netcode/codec.js').RoomEvent} event
 * @param {Roster} roster
 * @returns {import('../scene.js').News | null}
 */
function newsOf(event, roster) {
  if (event.kind === 'joined') {
    return { kind: 'join', who: roster.meet(event.player, event.name, event.member === 'drone'), by: null };
  }
  if (event.kind === 'left') return { kind: 'leave', who: roster.actor(event.player), by: null };
  if (event.kind !== 'game') return null;
  const { victim, by } = event.event;
  if (by.kind === 'rock') return { kind: 'crash', who: roster.actor(victim), by: null };
  return { kind: 'kill', who: roster.actor(victim), by: roster.actor(by.player) };
}
