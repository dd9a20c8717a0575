// @ts-check
// A TCP proxy between browser and server, to interrupt connections and to switch servers.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A TCP proxy to a server. */
export class TcpProxy {
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #listener = createServer((client) => this.#forward(client));
  /** @type {URL | null} */
  #target = null;
  url = '';

  /** @param {string} url of a server */
  static async start(url) {
    const proxy = new TcpProxy();
    proxy.connectTo(url);
    proxy.#listener.listen(0, '127.0.0.1');
    await once(proxy.#listener, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (proxy.#listener.address());
    proxy.url = `http://127.0.0.1:${address.port}`;
    return proxy;
  }

  /** Forwards new connections to a server. @param {string} url */
  connectTo(url) {
    this.#target = new URL(url);
  }

  /** Stops forwarding data on the open connections, but does not close them. */
  stall() {
    this.#sockets.forEach((socket) => socket.unpipe());
  }

  /** Aborts all connections, and refuses new ones until `connectTo` is called. */
  disconnect() {
    this.#target = null;
    this.#sockets.forEach((socket) => socket.destroy());
  }

  /** Aborts all connections and stops listening. */
  stop() {
    this.disconnect();
    this.#listener.close();
  }

  /** @param {import('node:net').Socket} client */
  #forward(client) {
    if (this.#target === null) {
      client.destroy();
      return;
    }
    const server = connect(Number(this.#target.port), this.#target.hostname);
    for (const [from, to] of [[client, server], [server, client]]) {
      this.#sockets.add(from);
      from.setNoDelay(true).pipe(to);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
    }
  }
}
