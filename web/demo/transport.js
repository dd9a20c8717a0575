// @ts-check
// Chooses what carries the messages of sessions. `TransportChoice` decides between a WebSocket and WebTransport. Where a proxy
// blocks WebSocket, HTTP is used. In the URL, `?transport=http` and `?transport=websocket` fix the choice, and
// `?transport=datagrams` starts with WebTransport if the browser and the server support it.

import {
  DatagramSocket, FallbackSocket, IDLE_INTERVAL_MS, LaggedSocket, TransportChoice, TransportMemory,
} from '../netcode/index.js';
import { ENVIRONMENT } from './environment.js';

/** Time for a WebTransport session to open. */
const WEBTRANSPORT_MS_MAX = 4000;

/**
 * @typedef {import('../netcode/index.js').Client} Client
 * @typedef {import('../netcode/index.js').Connection} Connection
 * @typedef {import('../netcode/index.js').SocketLike} SocketLike
 */

/** Opens the sockets of all sessions of the page. */
export class Transport {
  /**
   * @param {URLSearchParams} query of the page
   * @param {import('../netcode/index.js').NetworkConditions} network the simulated network
   */
  constructor(query, network) {
    this.requested = query.get('transport');
    this.memory = new TransportMemory(this.requested === 'http');
    this.choice = new TransportChoice();
    this.network = network;
    this.isChanging = false;
  }

  /** Opens the first socket of a session, or a socket for a reconnection. @param {string} url @param {string} protocol */
  open(url, protocol) {
    this.choice.handleChange();
    const usesDatagrams = this.requested === 'datagrams' && this.choice.mayUseDatagrams(ENVIRONMENT.now());
    return usesDatagrams ? this.openDatagrams(url) : this.openWebSocket(url, protocol);
  }

  /** Records a snapshot. @param {Connection} connection @param {number} nowMs */
  handleSnapshot({ welcome }, nowMs) {
    if (welcome) this.choice.handleTick(nowMs, welcome.pace === 'onDemand' ? IDLE_INTERVAL_MS : 1000 / welcome.tickRate);
  }

  /** Changes the transport if necessary. Call it every frame. @param {Client} client @param {number} nowMs */
  poll(client, nowMs) {
    this.choice.handlePoll(nowMs);
    const isFixed = this.requested === 'http' || this.requested === 'websocket';
    if (isFixed || this.isChanging || client.state !== 'connected') return;
    const next = this.choice.next(client.connection.transport, nowMs);
    if (next !== null) void this.change(client, next);
  }

  /** @param {Client} client @param {'websocket' | 'datagrams'} next */
  async change(client, next) {
    this.isChanging = true;
    if (next === 'websocket') this.choice.handleDatagramsFailed(ENVIRONMENT.now());
    const hasMoved = await client.moveTo((url, protocol) => (
      next === 'datagrams' ? this.openDatagrams(url) : this.openWebSocket(url, protocol)
    ));
    if (!hasMoved && next === 'datagrams') this.choice.handleDatagramsFailed(ENVIRONMENT.now());
    this.choice.handleChange();
    this.isChanging = false;
  }

  /** @param {string} url @param {string} protocol @returns {SocketLike} */
  openWebSocket(url, protocol) {
    return this.lagged(new FallbackSocket(url, protocol, this.memory, ENVIRONMENT));
  }

  /** @param {string} url of the WebSocket @returns {SocketLike} */
  openDatagrams(url) {
    const connecting = connect(url).catch((error) => {
      // The client stays on a WebSocket, or connects again with one.
      this.choice.handleDatagramsFailed(ENVIRONMENT.now());
      throw error;
    });
    const isLost = () => ENVIRONMENT.random() * 100 < this.network.lossPercent;
    return this.lagged(new DatagramSocket(connecting, { ...ENVIRONMENT, isLost }));
  }

  /** Adds the simulated latency. @param {SocketLike} socket */
  lagged(socket) {
    return new LaggedSocket(socket, this.network, ENVIRONMENT);
  }
}

/** @param {string} url of the WebSocket @returns {Promise<import('../netcode/datagram_socket.js').Transport>} */
async function connect(url) {
  const { hostname, search } = new URL(url);
  const response = await ENVIRONMENT.request('/api/transports', { cache: 'no-store' });
  const { datagrams } = await response.json();
  if (datagrams === undefined || window.WebTransport === undefined) {
    throw new Error('WebTransport is not supported');
  }
  const hash = datagrams.certificate_sha256;
  const transport = new WebTransport(`https://${hostname}:${datagrams.port}${datagrams.path}${search}`, {
    congestionControl: 'low-latency',
    ...(hash === undefined ? {} : { serverCertificateHashes: [{ algorithm: 'sha-256', value: bytesOf(hash) }] }),
  });
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    ENVIRONMENT.schedule(() => reject(new Error('WebTransport does not open')), WEBTRANSPORT_MS_MAX);
  });
  transport.closed.catch(() => {});
  await Promise.race([transport.ready, late]).catch((error) => {
    transport.close();
    throw error;
  });
  return transport;
}

/** @param {string} hexadecimal @returns {Uint8Array<ArrayBuffer>} */
function bytesOf(hexadecimal) {
  return Uint8Array.from(hexadecimal.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
}
