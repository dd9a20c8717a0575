// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import * as netcode from '../../web/netcode/index.js';
import { golden, sorted } from './golden.mjs';
import { motionChecks } from './vectors.mjs';

const { coastAll } = netcode;
const vectors = golden('motion.json');

motionChecks.forEach(({ name, check }) => test(name, () => check(netcode)));

test('spawns are ordered by parent id, independent of the order of the map', () => {
  const { rules, start } = vectors.runs[0];
  const entities = new Map(structuredClone(start).reverse());
  const ships = sorted(entities).filter(([, entity]) => entity.kind === 'ship');
  ships.forEach(([, ship]) => Object.assign(ship, { cooldown: 0, controls: { ...ship.controls, fire: true } }));
  const spawns = coastAll(rules, entities);
  const parents = spawns.map(({ parent }) => parent);
  assert.deepEqual([...new Set(parents)], ships.map(([id]) => id));
  assert.deepEqual(parents, [...parents].sort((a, b) => a - b), 'a ship with spread fires several bullets');
});
