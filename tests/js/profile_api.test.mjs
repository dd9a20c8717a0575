// @ts-check
// The secret of the player's profile, and the requests about the profile.
import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { ProfileApi } from '../../web/demo/profile_api.js';
import { StoredProfile } from '../../web/demo/stored_profile.js';

/** @type {Map<string, string>} */
const items = new Map();
const STORAGE = {
  getItem: (/** @type {string} */ key) => items.get(key) ?? null,
  setItem: (/** @type {string} */ key, /** @type {string} */ value) => void items.set(key, value),
};
const BLOCKED = {
  getItem() { throw new Error('blocked'); },
  setItem() { throw new Error('blocked'); },
};

const useStorage = (/** @type {object} */ storage) => (
  Object.defineProperty(globalThis, 'localStorage', { value: storage, configurable: true })
);

beforeEach(() => {
  items.clear();
  useStorage(STORAGE);
});

test('a tab uses the new secret after another tab has deleted the profile', () => {
  const tabs = [new StoredProfile(), new StoredProfile()];
  const { secret } = tabs[0];
  assert.match(secret, /^[0-9a-f]{32}$/);
  assert.equal(tabs[1].secret, secret);
  tabs[0].replace();
  assert.notEqual(tabs[0].secret, secret);
  assert.equal(tabs[1].secret, tabs[0].secret);
});

test('without storage, the secret lasts until it is replaced', () => {
  useStorage(BLOCKED);
  const stored = new StoredProfile();
  const { secret } = stored;
  assert.match(secret, /^[0-9a-f]{32}$/);
  assert.equal(stored.secret, secret);
  stored.replace();
  assert.notEqual(stored.secret, secret);
});

test('if the storage is cleared, the page keeps its secret', () => {
  const stored = new StoredProfile();
  const { secret } = stored;
  items.clear();
  assert.equal(stored.secret, secret);
});

const PAGE = { page: 1, more: false, entries: [] };
const PROFILE = 'GET /api/profile';
const LEADERBOARD = 'GET /api/leaderboard?period=day&page=1';

/** @param {object} claims */
const ticketWith = (claims) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2lnbmF0dXJl`;

/**
 * Answers requests, and records each with its `Authorization` header.
 * @param {(authorization: string | undefined) => number} status
 */
function answer(status) {
  /** @type {[request: string, authorization: string | undefined][]} */
  const requests = [];
  const fetch = async (/** @type {string} */ path, /** @type {any} */ { method, headers: { Authorization } }) => {
    requests.push([`${method} ${path}`, Authorization]);
    const code = status(Authorization);
    return new Response(code === 204 ? null : JSON.stringify(PAGE), { status: code });
  };
  Object.assign(globalThis, { fetch });
  return requests;
}

test('a ticket that names a user identifies the player; otherwise, the secret does', async () => {
  const requests = answer(() => 200);
  const stored = new StoredProfile();
  const user = ticketWith({ name: '\u{1f680}\u{fffd}?>', sub: 'ada' });
  for (const ticket of [null, user, ticketWith({ name: 'Ada' }), ticketWith({ sub: null }), 'no ticket']) {
    await new ProfileApi(stored, ticket).profile();
  }
  const secret = `Profile ${stored.secret}`;
  assert.deepEqual(requests.map(([, authorization]) => authorization), [secret, `Bearer ${user}`, secret, secret, secret]);
});

test('after the ticket has expired, only the leaderboards are read, without it', async () => {
  const requests = answer((authorization) => (authorization ? 401 : 200));
  const ticket = ticketWith({ sub: 'ada' });
  const api = new ProfileApi(new StoredProfile(), ticket);
  assert.deepEqual(await api.leaderboard('day', 1), PAGE);
  assert.deepEqual([await api.profile(), api.isIdentified, api.isAvailable], [null, false, true]);
  assert.deepEqual(await api.leaderboard('day', 1), PAGE);
  const expected = [[LEADERBOARD, `Bearer ${ticket}`], [LEADERBOARD, undefined], [LEADERBOARD, undefined]];
  assert.deepEqual(requests, expected);
});

test('a server without profiles is asked once', async () => {
  const requests = answer(() => 204);
  const stored = new StoredProfile();
  const api = new ProfileApi(stored, null);
  assert.deepEqual([await api.profile(), await api.leaderboard('day', 1)], [null, null]);
  assert.deepEqual(requests, [[PROFILE, `Profile ${stored.secret}`]]);
});

test('the secret is replaced after its profile has been deleted', async () => {
  const stored = new StoredProfile();
  const { secret } = stored;
  const erase = (/** @type {number} */ status, /** @type {string | null} */ ticket) => {
    answer(() => status);
    return new ProfileApi(stored, ticket).erase();
  };
  await assert.rejects(erase(401, null));
  await assert.rejects(erase(503, null));
  await erase(204, ticketWith({ sub: 'ada' }));
  assert.equal(stored.secret, secret, 'the secret belongs to another profile');
  await erase(204, null);
  assert.notEqual(stored.secret, secret);
});
