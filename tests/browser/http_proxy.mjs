// @ts-check
// An HTTP proxy between browser and server that does not understand WebSocket, as old and strict proxies.

import { once } from 'node:events';
import { createServer, request } from 'node:http';

/** Headers of a connection, which a proxy does not forward (RFC 9110, section 7.6.1). */
const CONNECTION_HEADERS = ['connection', 'upgrade', 'transfer-encoding', 'keep-alive'];

/** An HTTP proxy that removes `Upgrade`, and may buffer each response until its end. */
export class HttpProxy {
  #server;
  /** @type {URL} */
  #target;
  /** Whether to forward a response only when it is complete. */
  #buffers;
  url = '';

  /** @param {string} url @param {boolean} buffers */
  constructor(url, buffers) {
    this.#target = new URL(url);
    this.#buffers = buffers;
    this.#server = createServer((from, to) => this.#forward(from, to));
  }

  /** @param {string} url of a server @param {{buffers: boolean}} options */
  static async start(url, { buffers }) {
    const proxy = new HttpProxy(url, buffers);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    const address = /** @type {import('node:net').AddressInfo} */ (proxy.#server.address());
    proxy.url = `http://127.0.0.1:${address.port}`;
    return proxy;
  }

  stop() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  /** @param {import('node:http').IncomingMessage} from @param {import('node:http').ServerResponse} to */
  #forward(from, to) {
    const { method, url: path } = from;
    const headers = withoutConnection(from.headers);
    const forwarded = request({ host: this.#target.hostname, port: this.#target.port, method, path, headers, agent: false });
    forwarded.on('response', (response) => {
      const head = () => to.writeHead(response.statusCode ?? 502, withoutConnection(response.headers));
      if (!this.#buffers) {
        head().flushHeaders();
        response.on('data', (piece) => to.write(piece)).on('end', () => to.end());
        return;
      }
      /** @type {Buffer[]} */
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece)).on('end', () => head().end(Buffer.concat(pieces)));
    });
    forwarded.on('error', () => to.destroy());
    to.on('close', () => forwarded.destroy());
    from.pipe(forwarded);
  }
}

/** @param {import('node:http').IncomingHttpHeaders} headers */
function withoutConnection(headers) {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !CONNECTION_HEADERS.includes(name)));
}
