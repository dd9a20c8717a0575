// @ts-check
/** Checksum of entities. Mirrors the Rust `Digest`. */

import { Controls } from './controls.js';
import { progressBits } from './progress.js';

/** @typedef {import('./entity.js').Entity} Entity */

/** A 32-bit checksum over integers: FNV-1a over 32-bit words, with a rotation per word, then MurmurHash3's finalizer. */
export class Digest {
  #state = 0x811c9dc5 | 0;

  /** @param {number} word a 32-bit integer */
  add(word) {
    const mixed = Math.imul(this.#state ^ word, 0x01000193);
    this.#state = (mixed << 15) | (mixed >>> 17);
  }

  /** @returns {number} the checksum of the words added so far, from 0 to 2³² − 1; depends on their order */
  finish() {
    let hash = this.#state;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) >>> 0;
  }

  /** @param {number} id @param {Entity} entity @returns {number} the checksum of one entity */
  static ofEntity(id, entity) {
    const digest = new Digest();
    digest.add(id);
    wordsOf(entity).forEach((word) => digest.add(word));
    return digest.finish();
  }

  /**
   * The checksum of a set of entities: the sum of the entities' checksums. It does not depend on the order of the entities.
   * @param {Iterable<[number, Entity]>} entities
   * @returns {number}
   */
  static ofEntities(entities) {
    let sum = 0;
    for (const [id, entity] of entities) {
      sum = (sum + Digest.ofEntity(id, entity)) >>> 0;
    }
    return sum;
  }
}

/** @param {Entity} entity @returns {number[]} the whole state of the entity */
function wordsOf(entity) {
  const { x, y } = entity;
  switch (entity.kind) {
    case 'ship': {
      const { vx, vy, heading, controls, cooldown, shot, hull, protection, recharge } = entity;
      const words = [0, x, y, vx, vy, heading, Controls.toBits(controls), cooldown, shot, hull, protection, recharge];
      return [...words, progressBits(entity)];
    }
    case 'bullet':
      return [1, x, y, entity.heading, entity.life];
    case 'rock':
      return [2, x, y, entity.vx, entity.vy, entity.size, entity.hull];
    case 'orb':
      return [3, x, y];
  }
}
