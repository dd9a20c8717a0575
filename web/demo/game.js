// @ts-check
/** The implementation of the game: JavaScript by default, or WebAssembly if the URL of the page contains `?wasm`. */

import { arena, arenaOf } from '../netcode/index.js';

/** Path of the WebAssembly client. It is served only if it was built: see CONTRIBUTING.md. */
const WASM_PATH = 'arena.wasm';

/**
 * @param {URLSearchParams} query of the page
 * @returns {Promise<import('../netcode/index.js').Game>}
 */
export async function loadGame(query) {
  return query.has('wasm') ? arenaOf(await WebAssembly.compileStreaming(fetch(WASM_PATH))) : arena;
}
