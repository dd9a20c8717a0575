import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ACTION_BYTES_MAX, Actions, UNRESOLVED_ACTIONS_MAX } from '../../web/netcode/actions.js';
import { decodeServer, encodeClient } from '../../web/netcode/codec.js';
import { bytesOf, golden, hexOf } from './golden.mjs';

const NEW_SEAT = { seat: { player: 3, token: '', resumed: false } };
const RESUMED_SEAT = { seat: { player: 3, token: '', resumed: true } };
const ACCEPTED = { kind: 'accepted' };
const REFUSED = { kind: 'refused', refusal: 4 };

function act(actions, action = 5) {
  return actions.act(101, action, Uint8Array.of(action));
}

/** The numbers of the actions to send. */
function sent(actions) {
  const numbers = [];
  for (let next = actions.poll(); next !== null; next = actions.poll()) {
    numbers.push(next.sequence);
  }
  return numbers;
}

/** Actions of a client with a new seat, of which `count` were sent, and the promises of their results. */
function withSent(count) {
  const actions = new Actions();
  actions.handleWelcome(NEW_SEAT);
  actions.handleSnapshot(true, null);
  const results = Array.from({ length: count }, () => act(actions));
  assert.equal(sent(actions).length, count);
  return { actions, results };
}

test('each action is sent once and resolved by its outcome', async () => {
  const { actions, results } = withSent(3);
  actions.handleSnapshot(false, { first: 1, outcomes: [ACCEPTED, REFUSED] });
  assert.deepEqual([await results[0], await results[1]], [ACCEPTED, REFUSED]);
  assert.deepEqual([actions.unresolved, sent(actions)], [1, []]);
  actions.handleSnapshot(false, { first: 1, outcomes: [ACCEPTED, REFUSED] });
  assert.equal(actions.unresolved, 1, 'a repeated outcome has no effect');
});

test('after a reconnection the unresolved actions are sent again', async () => {
  const { actions, results } = withSent(3);
  actions.handleWelcome(RESUMED_SEAT);
  act(actions);
  assert.deepEqual(sent(actions), [], 'the client does not know yet what the server has handled');
  actions.handleSnapshot(true, { first: 1, outcomes: [ACCEPTED] });
  assert.deepEqual(await results[0], ACCEPTED);
  assert.deepEqual(sent(actions), [2, 3, 4]);
});

test('a full snapshot on the same connection sends nothing again', () => {
  const { actions } = withSent(3);
  actions.handleSnapshot(true, { first: 1, outcomes: [ACCEPTED] });
  assert.deepEqual([actions.unresolved, sent(actions)], [2, []]);
});

test('a page that was reloaded continues the numbers of its seat', async () => {
  const actions = new Actions();
  actions.handleWelcome(RESUMED_SEAT);
  assert.deepEqual(await act(actions), { kind: 'notSent', reason: 'notJoined' });
  actions.handleSnapshot(true, { first: 7, outcomes: [ACCEPTED, { kind: 'rateLimited' }] });
  act(actions);
  assert.deepEqual(sent(actions), [9]);
});

test('actions of a lost seat are abandoned', async () => {
  const { actions, results } = withSent(2);
  actions.handleWelcome(NEW_SEAT);
  assert.deepEqual(await Promise.all(results), [{ kind: 'abandoned' }, { kind: 'abandoned' }]);
  actions.handleSnapshot(true, null);
  act(actions);
  assert.deepEqual(sent(actions), [1]);
});

test('actions that a restored server would ignore are abandoned', async () => {
  const { actions, results } = withSent(2);
  actions.handleSnapshot(false, { first: 1, outcomes: [ACCEPTED] });
  actions.handleWelcome(RESUMED_SEAT);
  actions.handleSnapshot(true, null);
  assert.deepEqual(await results[1], { kind: 'abandoned' });
});

test('the number of unresolved actions and the size of an action are bounded', async () => {
  const { actions } = withSent(UNRESOLVED_ACTIONS_MAX);
  assert.deepEqual(await act(actions), { kind: 'notSent', reason: 'queueFull' });
  assert.throws(() => actions.act(101, 5, new Uint8Array(ACTION_BYTES_MAX + 1)), RangeError);
});

test('an action is encoded with its number and its stamp', () => {
  const bytes = encodeClient({ kind: 'act', sequence: 9, tick: 300, action: Uint8Array.of(0xfb, 0x58, 2) });
  assert.deepEqual([...bytes], [9, 9, 0xfb, 0x2c, 1, 0xfb, 0x58, 2]);
});

const vectors = golden('actions.json');

test('actions are encoded as in Rust', () => {
  for (const { bytes, sequence, tick, action } of vectors.acts) {
    assert.equal(hexOf(encodeClient({ kind: 'act', sequence, tick, action: bytesOf(action) })), bytes);
  }
});

test('outcomes are decoded as in Rust', () => {
  // The bundled game has no refusals. `wasm.test.mjs` decodes those of another game.
  const isOfArena = ({ outcomes }) => outcomes.every(({ kind }) => kind !== 'refused');
  for (const { bytes, first, outcomes } of vectors.snapshots.filter(isOfArena)) {
    assert.deepEqual(decodeServer(bytesOf(bytes)).outcomes, { first, outcomes });
  }
  for (const { why, bytes } of vectors.malformed) {
    assert.throws(() => decodeServer(bytesOf(bytes)), { name: 'DecodeError' }, why);
  }
});
