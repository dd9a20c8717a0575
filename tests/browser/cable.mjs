// @ts-check
// A cable between the browser and a server, which can be cut, and plugged into another server.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** A cable to a server. */
export class Cable {
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set();
  #server = createServer((browser) => this.#join(browser));
  /** @type {URL | null} */
  #target = null;
  url = '';

  /** @param {string} url of a server */
  static async to(url) {
    const cable = new Cable();
    cable.plug(url);
    cable.#server.listen(0, '127.0.0.1');
    await once(cable.#server, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (cable.#server.address());
    cable.url = `http://127.0.0.1:${address.port}`;
    return cable;
  }

  /** Leads there from now on. @param {string} url */
  plug(url) {
    this.#target = new URL(url);
  }

  /** Ends every connection without a goodbye, and lets no new one through until it is plugged in again. */
  cut() {
    this.#target = null;
    this.#sockets.forEach((socket) => socket.destroy());
  }

  /** Ends it all. */
  close() {
    this.cut();
    this.#server.close();
  }

  /** @param {import('node:net').Socket} browser */
  #join(browser) {
    if (this.#target === null) {
      browser.destroy();
      return;
    }
    const server = connect(Number(this.#target.port), this.#target.hostname);
    for (const [from, to] of [[browser, server], [server, browser]]) {
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
