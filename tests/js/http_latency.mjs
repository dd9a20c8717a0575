// @ts-check
// Measures input latency and intervals between snapshots over WebSocket, over the HTTP fallback, and over the HTTP fallback
// behind a proxy that buffers responses. The server is a release build, or `TICKCAST_BIN`. With Node 20, pass
// --experimental-websocket.
//
//   node tests/js/http_latency.mjs [SECONDS]

import { Client, Controls, FallbackSocket, TransportMemory } from '../../web/netcode/index.js';
import { HttpProxy } from '../browser/http_proxy.mjs';
import { Server } from '../browser/server.mjs';

const SECONDS = Number(process.argv[2] ?? 20);
const TICK_RATE = 30;
/** Interval between changes of the controls. It is no multiple of the tick's duration. */
const INPUT_MS = 47;
const ENVIRONMENT = {
  now: () => performance.now(),
  schedule: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
  request: (/** @type {string} */ url, /** @type {RequestInit} */ init) => fetch(url, init),
  openWebSocket: (/** @type {string} */ url, /** @type {string} */ protocol) => new WebSocket(url, protocol),
};

/** @param {number[]} values @param {number} share */
function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)]?.toFixed(1) ?? '–';
}

/** @param {string} url of the server or a proxy @param {boolean} usesHttp */
async function measure(url, usesHttp) {
  const memory = new TransportMemory(usesHttp);
  /** @type {number[]} */
  const intervals = [];
  /** @type {number[]} */
  const latencies = [];
  let [arrivedAt, sentAt] = [NaN, NaN];
  const client = new Client({
    url: `${url.replace('http', 'ws')}/ws?room=latency`,
    role: { kind: 'player', name: 'Ada' },
    viewport: { width: 1600, height: 900 },
    openSocket: (address, protocol) => new FallbackSocket(address, protocol, memory, ENVIRONMENT),
    now: ENVIRONMENT.now,
    random: Math.random,
    onSnapshot: (_effects, { at, report }) => {
      if (Number.isFinite(arrivedAt)) intervals.push(at - arrivedAt);
      arrivedAt = at;
      if (report !== null && Number.isFinite(sentAt)) {
        latencies.push(at - sentAt);
        sentAt = NaN;
      }
    },
  });
  client.open();
  let steersLeft = false;
  const timer = setInterval(() => {
    if (client.state === 'connected' && !Number.isFinite(sentAt)) {
      steersLeft = !steersLeft;
      sentAt = performance.now();
    }
    client.setControls({ ...Controls.NONE, steering: steersLeft ? 'left' : 'right' });
  }, INPUT_MS);
  await new Promise((resolve) => void setTimeout(resolve, (SECONDS + 3) * 1000));
  clearInterval(timer);
  const { statistics, transport, rttMs } = client.connection;
  client.leave();
  // The first seconds contain the join, and the adaptation of the lead.
  const [inputs, ticks] = [latencies.slice(latencies.length / 5), intervals.slice(3 * TICK_RATE)];
  console.log([
    transport, `${inputs.length} inputs`, `input latency p50 ${percentile(inputs, 0.5)} p99 ${percentile(inputs, 0.99)} ms`,
    `interval p50 ${percentile(ticks, 0.5)} p99 ${percentile(ticks, 0.99)} ms`, `round trip ${rttMs?.toFixed(1)} ms`,
    `${statistics.corrections} corrections`, `${statistics.lateInputs} late inputs`, `${statistics.resyncs} resyncs`,
  ].join(', '));
}

const server = await Server.start('--tick-rate', String(TICK_RATE), '--drones', '0');
const proxy = await HttpProxy.start(server.url, { buffers: true });
await measure(server.url, false);
await measure(server.url, true);
await measure(proxy.url, true);
proxy.stop();
await server.stop();
process.exit(0);
