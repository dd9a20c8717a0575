// @ts-check
// Measures sessions over WebSocket and over datagrams in a real browser: `transports.py` runs this at the client's end of a
// lossy line.
//
//   node benches/lossy/transports.mjs URL SECONDS        prints JSON

import { launch } from '../../tests/browser/chromium.mjs';

const [url, seconds] = process.argv.slice(2);

/**
 * Plays with several clients per transport, and measures them.
 * @param {number} forMs
 */
async function measure(forMs) {
  /** Clients of each transport: those who change their controls about once per second, and those who do so 20 times. */
  const [CALM, ACTIVE] = [5, 2];
  const [CALM_MS, ACTIVE_MS] = [1000, 50];
  /** Time for joining, and for the lead to settle. */
  const WARM_UP_MS = 6000;
  const INPUT_TAG = 1;
  const SHORT_VARINT_MAX = 250;
  const [{ Client, Controls }, { idealNetwork }, { Transport }] = await Promise.all(
    ['/netcode/index.js', '/netcode/lagged_socket.js', '/demo/transport.js'].map((module) => import(module)),
  );
  const measuredFrom = performance.now() + WARM_UP_MS;

  /** @param {string} transport @param {number} number @param {number} changeMs */
  const play = (transport, number, changeMs) => {
    const opener = new Transport(new URLSearchParams({ transport }), idealNetwork());
    /** @type {number[]} */
    const [intervals, latencies] = [[], []];
    /** Inputs that are not reported yet, by the low byte of their stamps. @type {Map<number, number>} */
    const sentAt = new Map();
    let arrivedAt = NaN;
    let [isChanged, steersLeft] = [false, false];
    const client = new Client({
      url: `${location.origin.replace('http', 'ws')}/ws?room=transports`,
      role: { kind: 'player', name: `${transport} ${number}` },
      viewport: { width: 1600, height: 900 },
      openSocket: (/** @type {string} */ address, /** @type {string} */ protocol) => {
        const socket = opener.open(address, protocol);
        const send = socket.send.bind(socket);
        socket.send = (/** @type {Uint8Array} */ bytes) => {
          if (bytes[0] === INPUT_TAG && isChanged) {
            // The stamp follows, as a varint. Reports contain its low byte.
            sentAt.set(bytes[1] <= SHORT_VARINT_MAX ? bytes[1] : bytes[2], performance.now());
            isChanged = false;
          }
          send(bytes);
        };
        return socket;
      },
      now: () => performance.now(),
      random: Math.random,
      onSnapshot: (/** @type {unknown} */ _, /** @type {{at: number, report: {stamp: number} | null}} */ { at, report }) => {
        if (at > measuredFrom) intervals.push(at - arrivedAt);
        arrivedAt = at;
        if (report === null) return;
        const from = sentAt.get(report.stamp);
        if (from !== undefined && from > measuredFrom) latencies.push(at - from);
        sentAt.delete(report.stamp);
      },
    });
    client.open();
    const timer = setInterval(() => {
      isChanged = true;
      steersLeft = !steersLeft;
      client.setControls({ ...Controls.NONE, steering: steersLeft ? 'left' : 'right' });
    }, changeMs + number);
    const stop = () => {
      clearInterval(timer);
      const { transport: used, statistics } = client.connection;
      client.leave();
      return { intervals, latencies, used, resyncs: statistics.resyncs };
    };
    return stop;
  };

  const transports = ['websocket', 'datagrams'];
  const clients = transports.map((transport) => ({
    transport,
    calm: Array.from({ length: CALM }, (_, number) => play(transport, number, CALM_MS)),
    active: Array.from({ length: ACTIVE }, (_, number) => play(transport, CALM + number, ACTIVE_MS)),
  }));
  await new Promise((resolve) => void setTimeout(resolve, WARM_UP_MS + forMs));

  const quantiles = (/** @type {number[]} */ values, /** @type {number[]} */ shares) => {
    values.sort((a, b) => a - b);
    return shares.map((share) => values[Math.min(Math.floor(values.length * share), values.length - 1)] ?? -1);
  };
  return Object.fromEntries(clients.map(({ transport, calm, active }) => {
    const [calmEnds, activeEnds] = [calm.map((stop) => stop()), active.map((stop) => stop())];
    const all = [...calmEnds, ...activeEnds];
    const intervals = all.flatMap((end) => end.intervals);
    const [calmMs, activeMs] = [calmEnds.flatMap((end) => end.latencies), activeEnds.flatMap((end) => end.latencies)];
    return [transport, {
      ms: {
        interval: quantiles(intervals, [0.5, 0.99, 0.999]),
        calm: quantiles(calmMs, [0.5, 0.99]),
        active: quantiles(activeMs, [0.5, 0.99]),
      },
      ticks: intervals.length,
      inputs: calmMs.length + activeMs.length,
      moved: all.filter((end) => end.used !== transport).length,
      resyncs: all.reduce((sum, end) => sum + end.resyncs, 0),
    }];
  }));
}

// The page is not on localhost. Browsers offer WebTransport only to secure pages.
const browser = await launch([`--unsafely-treat-insecure-origin-as-secure=${url}`]);
try {
  const page = await browser.newPage();
  await page.goto(`${url}/api/transports`, { timeout: 30_000 });
  console.log(JSON.stringify(await page.evaluate(measure, Number(seconds) * 1000)));
} finally {
  await browser.close();
}
