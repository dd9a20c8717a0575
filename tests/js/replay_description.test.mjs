// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DescriptionFeed } from '../../web/demo/replay/description.js';

/**
 * Polls a description. The server sends these responses, and the last of them again and again. Returns the number of requests
 * up to the last one, at most 10, and the description.
 * @param {{ status: number, body?: object }[]} responses
 */
async function poll(responses) {
  const { fetch, window } = /** @type {any} */ (globalThis);
  let requests = 0;
  /** @type {(() => void) | null} */
  let next = null;
  Object.assign(globalThis, {
    window: { setTimeout: (/** @type {() => void} */ callback) => void (next = callback), clearTimeout() {} },
    fetch: async () => {
      const { status, body } = responses[Math.min(requests++, responses.length - 1)];
      return { ok: status === 200, status, json: async () => body };
    },
  });
  const feed = new DescriptionFeed('main', 'a.ticket');
  for (next = () => feed.start(); next && requests < 10; await new Promise(setImmediate)) {
    const callback = /** @type {() => void} */ (next);
    next = null;
    callback();
  }
  feed.stop();
  Object.assign(globalThis, { fetch, window });
  return { requests, description: feed.description };
}

const running = { status: 200, body: { running: true, last_tick: 9 } };

test('the description of a running match is requested again and again', async () => {
  assert.equal((await poll([running])).requests, 10);
  assert.equal((await poll([{ status: 503 }])).requests, 10);
});

test('the description of a finished match, or of no match, is requested once', async () => {
  assert.equal((await poll([{ status: 200, body: { running: false } }])).requests, 1);
  assert.equal((await poll([{ status: 404 }])).requests, 1);
});

test('when the ticket has expired, the last description is kept, and no further request is sent', async () => {
  assert.deepEqual(await poll([running, running, { status: 401 }]), { requests: 3, description: running.body });
});
