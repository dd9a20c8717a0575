// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ClientLink, DatagramSocket, DecodeError, decodeBundle } from '../../web/netcode/index.js';
import { bytesOf, golden, hexOf } from './golden.mjs';

const vectors = golden('datagrams.json');

test('bundles are decoded', () => {
  for (const { bytes, messages, ...header } of vectors.bundles) {
    const bundle = decodeBundle(bytesOf(bytes));
    assert.deepEqual({ ...bundle, messages: bundle.messages.map(hexOf) }, { ...header, messages });
  }
});

test('invalid bundles are rejected', () => {
  for (const bytes of vectors.invalid) {
    assert.throws(() => decodeBundle(bytesOf(bytes)), DecodeError, bytes);
  }
});

test('a link delivers the same messages and writes the same datagrams as in Rust', () => {
  const link = new ClientLink();
  for (const step of vectors.steps) {
    if (step.push !== undefined) {
      assert.equal(hexOf(link.push(bytesOf(step.push)) ?? new Uint8Array()), step.spills);
    } else if (step.write !== undefined) {
      const isPushed = link.repeats;
      assert.ok(isPushed || link.isDatagramDue(vectors.dueAfter));
      assert.equal(hexOf(link.writeDatagram()), step.write);
    } else {
      const { stream, datagram } = step;
      const arrived = stream === undefined ? link.handleDatagram(bytesOf(datagram)) : link.handleStream(bytesOf(stream));
      assert.deepEqual(arrived.map(hexOf), step.delivers);
    }
  }
});

/** A WebTransport in simulated time. */
class FakeTransport {
  now = 0;
  /** @type {(() => void)[]} */ timers = [];
  /** @type {string[]} */ onStream = [];
  /** @type {string[]} */ inDatagrams = [];
  /** @type {any} */ closeInfo = null;

  constructor() {
    this.ready = Promise.resolve();
    this.end = (/** @type {{closeCode?: number}} */ _info) => {};
    /** @type {Promise<{closeCode?: number}>} */
    this.closed = new Promise((resolve) => { this.end = resolve; });
    this.datagrams = this.channel(this.inDatagrams, (controller) => { this.datagramsDown = controller; });
    this.stream = this.channel(this.onStream, (controller) => { this.streamDown = controller; });
  }

  /** @param {string[]} written @param {(controller: any) => void} start */
  channel(written, start) {
    return {
      readable: new ReadableStream({ start }),
      writable: new WritableStream({ write: (/** @type {Uint8Array} */ bytes) => void written.push(hexOf(bytes)) }),
    };
  }

  async createBidirectionalStream() {
    return this.stream;
  }

  /** @param {any} [info] */
  close(info) {
    this.closeInfo = info ?? {};
    this.end(this.closeInfo);
  }
}

/** Lets all promises settle. */
const settle = () => new Promise((resolve) => { setImmediate(resolve); });

/** An open socket, what it has delivered, and the transport below it. @param {() => boolean} [isLost] */
async function open(isLost) {
  const transport = new FakeTransport();
  const socket = new DatagramSocket(Promise.resolve(transport), {
    now: () => transport.now,
    schedule: (run) => transport.timers.push(run),
    isLost,
  });
  /** @type {string[]} */
  const received = [];
  socket.onopen = () => void received.push('open');
  socket.onmessage = ({ data }) => void received.push(hexOf(new Uint8Array(data)));
  socket.onclose = ({ code }) => void received.push(`close ${code}`);
  await settle();
  return { transport, socket, received };
}

test('inputs go into datagrams, and other messages over the stream', async () => {
  const { transport, socket, received } = await open();
  socket.send(bytesOf('0000'));
  socket.send(bytesOf('01fafa0014'));
  await settle();
  assert.deepEqual(received, ['open']);
  assert.deepEqual(transport.onStream, ['01020000000000']);
  assert.deepEqual(transport.inDatagrams, ['800000000100' + '0501fafa0014']);
});

test('an input is repeated until it is acknowledged', async () => {
  const { transport, socket } = await open();
  socket.send(bytesOf('01fafa0014'));
  transport.now = 30;
  transport.timers.shift()?.();
  await settle();
  assert.equal(transport.inDatagrams.length, 2);
  transport.datagramsDown.enqueue(bytesOf('800001000000'));
  await settle();
  transport.now = 60;
  transport.timers.shift()?.();
  await settle();
  assert.equal(transport.inDatagrams.length, 2, 'acknowledged');
  assert.equal(transport.timers.length, 0);
});

test('snapshots in datagrams follow the full snapshot of the stream, whatever arrives first', async () => {
  const { transport, received } = await open();
  transport.datagramsDown.enqueue(bytesOf('80010000020001400140'));
  await settle();
  transport.streamDown.enqueue(bytesOf('0106000000450001'));
  transport.streamDown.enqueue(bytesOf('020304'));
  await settle();
  assert.deepEqual(received, ['open', '450001020304', '40', '40']);
});

test('ticks are acknowledged after some time', async () => {
  const { transport } = await open();
  transport.streamDown.enqueue(bytesOf('0106000000450001020304'));
  await settle();
  assert.deepEqual(transport.inDatagrams, [], 'the first tick was received just now');
  transport.now = 65;
  transport.datagramsDown.enqueue(bytesOf('80010000010001' + '40'));
  await settle();
  assert.deepEqual(transport.inDatagrams, ['800101000000']);
});

test('a full snapshot with a personal section begins an epoch', () => {
  const link = new ClientLink();
  assert.equal(link.handleStream(bytesOf('c5090001020300')).length, 1);
  assert.deepEqual(link.handleDatagram(bytesOf('80010000' + '0a00' + '0140')).map(hexOf), ['40']);
});

test('the close code of the server is passed on, from the stream or from the session', async () => {
  const streamed = await open();
  streamed.transport.streamDown.enqueue(bytesOf('0202000000a80f'));
  const ended = await open();
  ended.transport.end({ closeCode: 4008 });
  const lost = await open();
  lost.transport.end({});
  await settle();
  const codes = [streamed, ended, lost].map(({ received }) => received);
  assert.deepEqual(codes, [['open', 'close 4008'], ['open', 'close 4008'], ['open', 'close 1006']]);
});

test('an invalid bundle closes the session', async () => {
  const { transport, received } = await open();
  transport.datagramsDown.enqueue(bytesOf('81'));
  await settle();
  assert.deepEqual(received, ['open', 'close 4002']);
  assert.equal(transport.closeInfo.closeCode, 4002);
});

test('simulated loss drops datagrams in both directions, and the counts reveal it', async () => {
  let losses = 0;
  const { transport, socket, received } = await open(() => {
    losses -= 1;
    return losses >= 0;
  });
  transport.streamDown.enqueue(bytesOf('0106000000450001020304'));
  await settle();
  losses = 1;
  transport.datagramsDown.enqueue(bytesOf('80010000010001' + '40'));
  await settle();
  transport.datagramsDown.enqueue(bytesOf('80010000020001' + '400140'));
  await settle();
  assert.deepEqual(received.slice(2), ['40', '40'], 'the second datagram repeats the snapshot of the first one');
  assert.deepEqual(socket.counts, { ticks: 2, datagrams: 1 });
  losses = 1;
  socket.send(bytesOf('01fafa0014'));
  await settle();
  assert.deepEqual(transport.inDatagrams, []);
});
