// @ts-check
// Chooses what carries the messages of sessions: a WebSocket or, where a proxy blocks it, HTTP. In the URL, `?transport=http`
// disables WebSocket, and `?transport=datagrams` uses WebTransport if the browser and the server support it.

import { DatagramSocket, FallbackSocket, TransportMemory } from '../netcode/index.js';
import { ENVIRONMENT } from './environment.js';

/** Time for a WebTransport session to open. */
const WEBTRANSPORT_MS_MAX = 4000;
/** Time for which WebTransport is not tried again after it could not be opened. */
const RETRY_WEBTRANSPORT_MS = 5 * 60_000;

/** Opens the sockets of all sessions of the page. */
export class Transport {
  /** @param {URLSearchParams} query of the page */
  constructor(query) {
    this.memory = new TransportMemory(query.get('transport') === 'http');
    /** The time from which on WebTransport is tried; `Infinity` if it is not used. */
    this.datagramsFrom = query.get('transport') === 'datagrams' ? -Infinity : Infinity;
  }

  /** @param {string} url @param {string} protocol @returns {import('../netcode/index.js').SocketLike} */
  open(url, protocol) {
    if (ENVIRONMENT.now() < this.datagramsFrom) {
      return new FallbackSocket(url, protocol, this.memory, ENVIRONMENT);
    }
    const connecting = connect(url).catch((error) => {
      // The client connects again, with a WebSocket.
      this.datagramsFrom = ENVIRONMENT.now() + RETRY_WEBTRANSPORT_MS;
      throw error;
    });
    return new DatagramSocket(connecting, ENVIRONMENT);
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
