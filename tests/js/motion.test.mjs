// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Digest, coastAll, setEntityControls } from '../../web/netcode/index.js';
import { Lcg, golden, sorted } from './golden.mjs';

const vectors = golden('motion.json');
const STEERINGS = ['ahead', 'left', 'right', 'towards'];

/** The world of a run in the golden file. Ships get random controls from the same generator as in Rust. */
class World {
  /** @param {any} run */
  constructor({ rules, seed, start }) {
    this.rules = rules;
    this.lcg = new Lcg(seed);
    this.entities = new Map(structuredClone(start));
  }

  step() {
    for (const [, entity] of sorted(this.entities)) {
      if (entity.kind === 'ship' && this.lcg.below(16) === 0) {
        setEntityControls(entity, this.controls());
      }
    }
    coastAll(this.rules, this.entities);
  }

  controls() {
    const steering = /** @type {any} */ (STEERINGS[this.lcg.below(4)]);
    const angle = this.lcg.below(1024);
    const aim = steering === 'towards' ? angle : 0;
    return { steering, aim, thrust: this.lcg.below(4) > 0, fire: this.lcg.below(2) > 0 };
  }

  digest() {
    return Digest.ofEntities(this.entities);
  }
}

for (const run of vectors.runs) {
  test(`every tick at ${run.rules.tickRate} Hz matches the Rust kernel`, () => {
    const world = new World(run);
    const states = new Map(run.states.map((/** @type {any} */ state) => [state.tick, state.entities]));
    run.digests.forEach((/** @type {number} */ digest, /** @type {number} */ at) => {
      world.step();
      const state = states.get(at + 1);
      if (state !== undefined) {
        assert.deepEqual(sorted(world.entities), state, `tick ${at + 1}`);
      }
      assert.equal(world.digest(), digest, `tick ${at + 1}`);
    });
  });
}

test('spawns are ordered by parent id, independent of the order of the map', () => {
  const { rules, start } = vectors.runs[0];
  const entities = new Map(structuredClone(start).reverse());
  const ships = sorted(entities).filter(([, entity]) => entity.kind === 'ship');
  ships.forEach(([, ship]) => Object.assign(ship, { cooldown: 0, controls: { ...ship.controls, fire: true } }));
  const spawns = coastAll(rules, entities);
  assert.deepEqual(spawns.map(({ parent }) => parent), ships.map(([id]) => id));
});

for (const run of vectors.long) {
  test(`${run.ticks} ticks of random controls at ${run.rules.tickRate} Hz match Rust`, () => {
    const world = new World(run);
    let chain = 0;
    for (let tick = 1; tick <= run.ticks; tick += 1) {
      world.step();
      const link = new Digest();
      link.add(chain);
      link.add(world.digest());
      chain = link.finish();
      if (tick % 100 === 0) {
        assert.equal(chain, run.digests[tick / 100 - 1], `within the 100 ticks up to ${tick}`);
      }
    }
  });
}
