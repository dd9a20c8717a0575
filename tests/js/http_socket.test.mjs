// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FallbackSocket, HttpSocket, RETRY_WEBSOCKET_MS, TransportMemory } from '../../web/netcode/index.js';
import { BATCH_RECORDS_MAX, RecordReader, closeRecord, messageRecord, takeBatch } from '../../web/netcode/records.js';

const URL_OF_SOCKET = 'ws://host/ws?room=main';
const HEARTBEAT = Uint8Array.of(0, 0, 0, 0, 0);

/** Waits until all promises that can proceed have done so. */
const settled = () => new Promise((resolve) => void setImmediate(resolve));

/** @param {...Uint8Array} parts @returns {Uint8Array<ArrayBuffer>} */
const concat = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));

/** A server and a proxy in simulated time. */
class Network {
  now = 0;
  /** @type {{at: number, run: () => void}[]} */ timers = [];
  /** Requests, in order. @type {{method: string, path: string, body: number[]}[]} */ requests = [];
  /** Messages and events of the socket. @type {unknown[]} */ events = [];
  /** @type {ReadableStreamDefaultController<Uint8Array> | undefined} */ stream;
  /** Polls that have no response yet. @type {((response: Response) => void)[]} */ polls = [];
  isReachable = true;
  /** Whether the proxy buffers streams. */
  buffers = false;
  openStatus = 200;
  sendStatus = 204;
  /** Number of `send` requests whose responses are lost. */
  lostSends = 0;

  environment = {
    now: () => this.now,
    schedule: (/** @type {() => void} */ run, /** @type {number} */ ms) => this.timers.push({ at: this.now + ms, run }),
    request: (/** @type {string} */ url, /** @type {RequestInit} */ init) => this.request(new URL(url), init),
    openWebSocket: () => this.openWebSocket(),
  };
  /** @type {any[]} */ webSockets = [];

  openWebSocket() {
    const socket = { binaryType: '', readyState: 0, onopen: null, onmessage: null, onclose: null, send() {}, close() {} };
    this.webSockets.push(socket);
    return socket;
  }

  /** @param {URL} url @param {RequestInit} init @returns {Promise<Response>} */
  async request(url, init) {
    const body = init.body instanceof Uint8Array ? [...init.body] : [];
    this.requests.push({ method: init.method ?? 'GET', path: `${url.pathname}${url.search}`, body });
    if (!this.isReachable) throw new TypeError('failed to fetch');
    const action = url.pathname.split('/').at(-1);
    if (action === 'open') return new Response('0123', { status: this.openStatus });
    if (action === 'send') {
      if (this.lostSends-- > 0) throw new TypeError('the response was lost');
      return new Response(null, { status: this.sendStatus });
    }
    if (action === 'poll') return new Promise((resolve) => void this.polls.push(resolve));
    if (this.buffers) return new Promise(() => {});
    const stream = new ReadableStream({ start: (controller) => { this.stream = controller; } });
    this.stream?.enqueue(HEARTBEAT);
    return new Response(stream);
  }

  /** @param {import('../../web/netcode/index.js').SocketLike} socket */
  observe(socket) {
    socket.onopen = () => void this.events.push('open');
    socket.onmessage = ({ data }) => void this.events.push([...new Uint8Array(data)]);
    socket.onclose = ({ code }) => void this.events.push(code);
    return socket;
  }

  async openHttp() {
    const socket = new HttpSocket(URL_OF_SOCKET, this.environment);
    this.observe(socket);
    await settled();
    return socket;
  }

  /** @param {number} ms */
  async advance(ms) {
    const until = this.now + ms;
    for (;;) {
      const [next] = this.timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.timers.splice(this.timers.indexOf(next), 1);
      this.now = Math.max(this.now, next.at);
      next.run();
      await settled();
    }
    this.now = until;
    await settled();
  }

  /** @param {string} action @returns {number[][]} the bodies of these requests */
  bodies(action) {
    return this.requests.filter(({ path }) => path.endsWith(action)).map(({ body }) => body);
  }
}

test('records are decoded from pieces of any size', () => {
  const stream = concat(messageRecord(Uint8Array.of(1, 2)), HEARTBEAT, closeRecord(4007, 'busy'));
  for (let size = 1; size <= stream.length; size += 1) {
    const reader = new RecordReader();
    const records = [];
    for (let at = 0; at < stream.length; at += size) records.push(...reader.push(stream.slice(at, at + size)));
    assert.deepEqual(records, [
      { kind: 'message', bytes: Uint8Array.of(1, 2) }, { kind: 'heartbeat' }, { kind: 'close', code: 4007, text: 'busy' },
    ]);
  }
});

test('invalid records are rejected at their header', () => {
  for (const bytes of [[3, 0, 0, 0, 0], [0, 1, 0, 0, 0], [1, 1, 0, 32, 0], [2, 126, 0, 0, 0], [2, 1, 0, 0, 0]]) {
    assert.throws(() => new RecordReader().push(Uint8Array.from(bytes)), { name: 'DecodeError' }, String(bytes));
  }
});

test('a batch has a sequence number and a limited number of records', () => {
  const queue = Array.from({ length: BATCH_RECORDS_MAX + 1 }, () => messageRecord(Uint8Array.of(7)));
  const batch = takeBatch(0x0102, queue);
  assert.deepEqual([...batch.slice(0, 10)], [2, 1, 0, 0, 1, 1, 0, 0, 0, 7]);
  assert.equal(queue.length, 1);
});

test('messages arrive over a stream and leave in numbered batches', async () => {
  const network = new Network();
  const socket = await network.openHttp();
  assert.deepEqual(network.requests.map(({ method, path }) => `${method} ${path}`), [
    'POST /http/open?room=main', 'GET /http/0123/stream',
  ]);
  assert.deepEqual([network.events, socket.readyState, socket.transport], [['open'], 1, 'httpStream']);
  network.stream?.enqueue(concat(messageRecord(Uint8Array.of(5)), messageRecord(Uint8Array.of(6))));
  await settled();
  assert.deepEqual(network.events, ['open', [5], [6]]);
  socket.send(Uint8Array.of(1));
  socket.send(Uint8Array.of(2));
  await settled();
  socket.send(Uint8Array.of(3));
  await settled();
  assert.deepEqual(network.bodies('send'), [
    [0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0, 2], [1, 0, 0, 0, 1, 1, 0, 0, 0, 3],
  ], 'the messages of one task are one batch');
});

test('the close reason of the server closes the socket', async () => {
  const network = new Network();
  const socket = await network.openHttp();
  network.stream?.enqueue(closeRecord(4005, 'no message within the time limit'));
  await settled();
  assert.deepEqual([network.events, socket.readyState], [['open', 4005], 3]);
});

test('closing sends a close record, and is reported later', async () => {
  const network = new Network();
  const socket = await network.openHttp();
  socket.close(1000, 'left');
  assert.deepEqual(network.events, ['open']);
  await settled();
  assert.deepEqual(network.events, ['open', 1000]);
  assert.deepEqual(network.bodies('send'), [[0, 0, 0, 0, 2, 6, 0, 0, 0, 0xe8, 3, 108, 101, 102, 116]]);
});

test('a proxy that buffers streams makes the socket poll', async () => {
  const network = new Network();
  network.buffers = true;
  const socket = await network.openHttp();
  assert.deepEqual(network.events, []);
  await network.advance(1500);
  assert.deepEqual([network.events, socket.transport], [['open'], 'httpPoll']);
  network.polls.shift()?.(new Response(messageRecord(Uint8Array.of(5))));
  await settled();
  network.polls.shift()?.(new Response(null, { status: 204 }));
  await settled();
  assert.deepEqual(network.events, ['open', [5]]);
  const polls = network.requests.filter(({ path }) => path.includes('poll')).map(({ path }) => path.split('?')[1]);
  assert.deepEqual(polls, ['after=0', 'after=1', 'after=1']);
});

test('a request whose response was lost is repeated', async () => {
  const network = new Network();
  const socket = await network.openHttp();
  network.lostSends = 2;
  socket.send(Uint8Array.of(1));
  await settled();
  await network.advance(1000);
  assert.deepEqual(network.bodies('send'), Array(3).fill([0, 0, 0, 0, 1, 1, 0, 0, 0, 1]));
  assert.deepEqual(network.events, ['open']);
});

test('a session that the server has forgotten is lost, unless its close reason arrives', async () => {
  for (const [isClosed, code] of /** @type {[boolean, number][]} */ ([[false, 1006], [true, 4007]])) {
    const network = new Network();
    const socket = await network.openHttp();
    network.sendStatus = 404;
    socket.send(Uint8Array.of(1));
    await settled();
    if (isClosed) network.stream?.enqueue(closeRecord(4007, ''));
    await settled();
    await network.advance(500);
    assert.deepEqual(network.events, ['open', code]);
  }
});

test('refusals have the close codes of a WebSocket', async () => {
  for (const [status, code] of [[429, 4012], [503, 4011], [403, 1006], [404, 1006]]) {
    const network = new Network();
    network.openStatus = status;
    await network.openHttp();
    assert.deepEqual(network.events, [code]);
  }
});

test('invalid records close the socket', async () => {
  const network = new Network();
  await network.openHttp();
  network.stream?.enqueue(Uint8Array.of(9, 0, 0, 0, 0));
  await settled();
  assert.deepEqual(network.events, ['open', 4002]);
});

/** @param {Network} network @param {TransportMemory} memory */
function openFallback(network, memory) {
  const socket = new FallbackSocket(URL_OF_SOCKET, 'tickcast.1', memory, network.environment);
  network.observe(socket);
  return socket;
}

test('a WebSocket that works is used', async () => {
  const network = new Network();
  const socket = openFallback(network, new TransportMemory());
  const [webSocket] = network.webSockets;
  webSocket.readyState = 1;
  webSocket.onopen({});
  webSocket.onmessage({ data: Uint8Array.of(7).buffer });
  await network.advance(10_000);
  webSocket.onclose({ code: 4007 });
  assert.deepEqual([network.events, socket.transport, network.requests], [['open', [7], 4007], 'websocket', []]);
});

test('a WebSocket that cannot be opened is replaced, and tried again later', async () => {
  /** @type {((network: Network) => Promise<unknown>)[]} */
  const blocks = [
    async (network) => { network.webSockets[0].onclose({ code: 1006 }); await settled(); },
    (network) => network.advance(4000),
  ];
  for (const block of blocks) {
    const network = new Network();
    const memory = new TransportMemory();
    const socket = openFallback(network, memory);
    await block(network);
    assert.deepEqual([network.events, socket.transport], [['open'], 'httpStream']);
    openFallback(network, memory);
    await settled();
    assert.equal(network.webSockets.length, 1, 'WebSocket is blocked');
    await network.advance(RETRY_WEBSOCKET_MS);
    openFallback(network, memory);
    assert.equal(network.webSockets.length, 2, 'it is tried again');
  }
});

test('an unreachable server does not count as blocked', async () => {
  const network = new Network();
  network.isReachable = false;
  const memory = new TransportMemory();
  openFallback(network, memory);
  network.webSockets[0].onclose({ code: 1006 });
  await settled();
  assert.deepEqual(network.events, [1006]);
  openFallback(network, memory);
  assert.equal(network.webSockets.length, 2);
});

test('a WebSocket that opens but carries nothing counts as blocked', async () => {
  const network = new Network();
  const memory = new TransportMemory();
  openFallback(network, memory);
  network.webSockets[0].readyState = 1;
  network.webSockets[0].onopen({});
  network.webSockets[0].onclose({ code: 1006 });
  openFallback(network, memory);
  await settled();
  assert.equal(network.webSockets.length, 1);
  assert.deepEqual(network.events, ['open', 1006, 'open']);
});

test('a socket that is closed while it opens stays closed', async () => {
  const network = new Network();
  const socket = openFallback(network, new TransportMemory());
  socket.close();
  await network.advance(10_000);
  assert.deepEqual([socket.readyState, network.requests], [3, []]);
});
