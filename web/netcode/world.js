// @ts-check
/** A whole world's step with nothing interfering. Mirrors `coast_all` and `steer_all` in `game.rs`. */

import { steerEntity } from './entity.js';
import { coast } from './motion.js';

/**
 * @typedef {import('./codec.js').Change} Change
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./motion.js').Birth} Birth
 * @typedef {import('./rules.js').Rules} Rules
 */

/**
 * Advances all entities one tick with nothing interfering.
 * @param {Rules} rules
 * @param {Map<number, Entity>} entities changed in place
 * @returns {Birth[]} who was born, in the order of their parents' ids
 */
export function coastAll(rules, entities) {
  /** @type {Birth[]} */
  const births = [];
  for (const [id, entity] of entities) {
    if (!coast(rules, id, entity, births)) {
      entities.delete(id);
    }
  }
  births.sort((a, b) => a.parent - b.parent);
  births.forEach((birth) => entities.set(birth.id, birth.entity));
  return births;
}

/**
 * Puts the new controls of every steer in place, as is done before coasting.
 * @param {Map<number, Entity>} entities
 * @param {Change[]} changes
 * @returns {number | null} which entity was unknown
 */
export function steerAll(entities, changes) {
  for (const change of changes) {
    if (change.kind === 'steer') {
      const entity = entities.get(change.id);
      if (entity === undefined) {
        return change.id;
      }
      steerEntity(entity, change.controls);
    }
  }
  return null;
}
