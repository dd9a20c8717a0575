// @ts-check
// Derives visual events and entries of the event feed from the effects of a snapshot.

import { Position, ids, radius } from '../../netcode/index.js';

/**
 * @typedef {import('../../netcode/index.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./roster.js').Roster} Roster
 */

/**
 * Visual events of the entities that the server despawned.
 * @param {SnapshotEffects} effects
 * @param {number | null} localPlayer
 * @returns {import('../scene.js').VisualEvent[]}
 */
export function visualEventsIn(effects, localPlayer) {
  const destroyed = new Set(effects.events.flatMap((event) => (event.kind === 'destroyed' ? [event.victim] : [])));
  return effects.despawned.flatMap(([id, entity]) => {
    const kind = eventKindOf(id, entity, destroyed);
    if (kind === null) return [];
    const player = playerOf(id, entity);
    const [x, y] = [entity.x / Position.UNIT, entity.y / Position.UNIT];
    return [{ kind, x, y, player: player ?? 0, isOwn: player !== null && player === localPlayer, radius: radius(entity) }];
  });
}

/**
 * Derives the entries of the event feed. Joins and leaves of AI players and of the local player are left out.
 * @param {SnapshotEffects} effects
 * @param {Roster} roster the players before the snapshot. It is updated from `joined`, `present` and `left` events
 * @returns {import('../scene.js').FeedItem[]}
 */
export function feedItemsIn(effects, roster) {
  if (effects.full) roster.forgetAll();
  const items = effects.room.flatMap((event) => {
    const item = feedItemOf(event, roster);
    if (item === null) return [];
    const isJoinOrLeave = item.kind === 'join' || item.kind === 'leave';
    return isJoinOrLeave && (item.player.isAi || item.player.isOwn) ? [] : [item];
  });
  for (const event of effects.room) {
    if (event.kind === 'left') roster.forget(event.player);
  }
  return items;
}

/**
 * @param {number} id
 * @param {import('../../netcode/index.js').Entity} entity
 * @param {Set<number>} destroyed the players whose ships were destroyed
 * @returns {import('../scene.js').VisualEvent['kind'] | null}
 */
function eventKindOf(id, entity, destroyed) {
  if (entity.kind === 'ship') return destroyed.has(ids.pilot(id)) ? 'ship-destroyed' : null;
  if (entity.kind === 'bullet') return 'bullet-hit';
  return entity.kind === 'rock' ? 'rock-destroyed' : 'orb-collected';
}

/**
 * @param {number} id
 * @param {import('../../netcode/index.js').Entity} entity
 * @returns {number | null}
 */
function playerOf(id, { kind }) {
  if (kind === 'ship') return ids.pilot(id);
  return kind === 'bullet' ? ids.shooter(id) : null;
}

/**
 * @param {import('../../netcode/index.js').RoomEvent} event
 * @param {Roster} roster
 * @returns {import('../scene.js').FeedItem | null}
 */
function feedItemOf(event, roster) {
  if (event.kind === 'joined') {
    return { kind: 'join', player: roster.add(event.player, event.name, event.playerKind === 'ai'), killer: null };
  }
  if (event.kind === 'present') roster.add(event.player, event.name, event.playerKind === 'ai');
  if (event.kind === 'left' && roster.knows(event.player)) {
    return { kind: 'leave', player: roster.find(event.player), killer: null };
  }
  if (event.kind !== 'game' || event.event.kind !== 'destroyed') return null;
  const { victim, by } = event.event;
  if (by.kind === 'rock') return { kind: 'crash', player: roster.find(victim), killer: null };
  return { kind: 'kill', player: roster.find(victim), killer: roster.find(by.player) };
}
