// @ts-check
import assert from 'node:assert/strict';
import { onStage } from './stage.mjs';

const DUEL = ['--world-size', '512', '--drones', '0', '--rocks', '0', '--orbs', '0', '--seed', '3'];

onStage('a player is destroyed and comes back', DUEL, async (stage) => {
  const [hunter, prey] = [await stage.open(), await stage.open()];
  await hunter.join('Hunter');
  await prey.join('Prey');
  await hunter.page.mouse.down();
  const hunt = hunter.until('has made a kill', ({ members }) => members.some(({ name, kills }) => name === 'Hunter' && kills === 1), async (state) => {
    if (state.others.length > 0) await hunter.aim(state, state.others[0]);
  });
  const dead = await prey.until('is dead', ({ phase }) => phase === 'dead');
  assert.equal(dead.own, null);
  await prey.notice().getByText('Destroyed by Hunter').waitFor();
  await prey.keep('destroyed');
  await hunt;
  await hunter.page.mouse.up();
  await hunter.page.locator('#feed').getByText('You destroyed Prey').waitFor();

  const back = await prey.until('is back', ({ phase, own }) => phase === 'playing' && own !== null);
  assert.equal(back.own?.hull, 1);
  assert.equal(back.own?.isProtected, true);
  assert.equal(back.members.find(({ name }) => name === 'Prey')?.deaths, 1);
  await prey.notice().waitFor({ state: 'hidden' });
  await hunter.until('sees it again', ({ others }) => others.length === 1);
});
