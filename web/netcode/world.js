// @ts-check
/** The kernel applied to all entities of a client. Mirrors the Rust `coast_all` and `apply_controls`. */

import { setEntityControls } from './entity.js';
import { coast } from './motion.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./motion.js').Spawn} Spawn
 * @typedef {import('./rules.js').Rules} Rules
 */

/**
 * Advances all entities by one tick, ignoring interactions between them. Removes entities that expire, and adds new ones.
 * @param {Rules} rules
 * @param {Map<number, Entity>} entities modified in place
 * @returns {Spawn[]} the new entities, in the order of their parents' ids
 */
export function coastAll(rules, entities) {
  /** @type {Spawn[]} */
  const spawns = [];
  for (const [id, entity] of entities) {
    if (!coast(rules, id, entity, spawns)) {
      entities.delete(id);
    }
  }
  spawns.sort((a, b) => a.parent - b.parent);
  spawns.forEach((spawn) => entities.set(spawn.id, spawn.entity));
  return spawns;
}

/**
 * Applies all changes of kind `controls`. Call it before coasting.
 * @param {Map<number, Entity>} entities
 * @param {Change[]} changes
 * @returns {number | null} the id of the first changed entity that is not in `entities`; `null` if there is none
 */
export function applyControls(entities, changes) {
  for (const change of changes) {
    if (change.kind === 'controls') {
      const entity = entities.get(change.id);
      if (entity === undefined) {
        return change.id;
      }
      setEntityControls(entity, change.controls);
    }
  }
  return null;
}
