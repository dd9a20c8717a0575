// @ts-check
// Starts a tickcast server on a free port.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** The tested program. */
export const PROGRAM = process.env.TICKCAST_BIN ?? fileURLToPath(new URL('../../target/release/tickcast', import.meta.url));
/** The line with which the server prints its address. */
const ADDRESS = /[\w-]+ serves (https?:\/\/\S+)/;
/** Log lines that fail a test. */
const ERROR_LINE = /^.*(\bERROR\b|panicked at).*$/m;
const START_MS_MAX = 10_000;
/** The server drains for up to 5 s. The other 5 s are a margin for a busy machine. */
const STOP_MS_MAX = 10_000;

// Signals that interrupt the tests cause a normal exit, so that the `exit` handlers kill the servers.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(1));

/** A running server. */
export class Server {
  /** @param {import('node:child_process').ChildProcessWithoutNullStreams} child */
  constructor(child) {
    this.child = child;
    this.url = '';
    this.log = '';
    this.ended = new Promise((resolve, reject) => {
      child.once('exit', (code, signal) => resolve(code ?? signal));
      child.once('error', reject);
    });
    this.kill = () => void child.kill('SIGKILL');
    process.once('exit', this.kill);
    child.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
  }

  /**
   * Starts a server and waits until it listens. It stores nothing, unless the options contain `--data-dir`.
   * @param {...string} options of `tickcast serve`
   */
  static start(...options) {
    return Server.startProgram(PROGRAM, ...options);
  }

  /** Starts the program of a game. @param {string} program @param {...string} options of its subcommand `serve` */
  static async startProgram(program, ...options) {
    const storage = options.includes('--data-dir') ? [] : ['--data-dir', 'off'];
    const server = new Server(spawn(program, ['serve', '--listen', '127.0.0.1:0', ...storage, ...options]));
    try {
      server.url = await within(START_MS_MAX, 'the server to listen', server.readAddress());
    } catch (error) {
      server.kill();
      throw new Error(`the server did not start; its log:\n${server.log}`, { cause: error });
    }
    return server;
  }

  /** Stops the server with SIGTERM. @returns {Promise<number | string>} the exit status, or the signal that killed it */
  async stop() {
    this.child.kill('SIGTERM');
    try {
      return await within(STOP_MS_MAX, 'the server to end', this.ended);
    } finally {
      this.kill();
      process.off('exit', this.kill);
    }
  }

  /** @returns {string | null} the first error in the server's log */
  errorLine() {
    return ERROR_LINE.exec(this.log)?.[0] ?? null;
  }

  /** @returns {Promise<string>} */
  readAddress() {
    return new Promise((resolve, reject) => {
      let printed = '';
      this.child.stdout.setEncoding('utf8').on('data', (text) => {
        printed += text;
        const address = ADDRESS.exec(printed)?.[1];
        if (address) resolve(address);
      });
      this.ended.then((status) => reject(new Error(`it ended with ${status}`)), reject);
    });
  }
}

/**
 * @template T
 * @param {number} ms
 * @param {string} what
 * @param {Promise<T>} promise
 * @returns {Promise<T>}
 */
async function within(ms, what, promise) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, /** @type {Promise<never>} */ (late)]);
  } finally {
    clearTimeout(timer);
  }
}
