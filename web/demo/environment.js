// @ts-check
// Clock, timers, randomness and the network, which the netcode does not access itself.

export const ENVIRONMENT = Object.freeze({
  now: () => performance.now(),
  schedule: (/** @type {() => void} */ run, /** @type {number} */ ms) => window.setTimeout(run, ms),
  random: () => Math.random(),
  request: (/** @type {string} */ url, /** @type {RequestInit} */ init) => fetch(url, init),
  openWebSocket: (/** @type {string} */ url, /** @type {string} */ protocol) => new WebSocket(url, protocol),
});
