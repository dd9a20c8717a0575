// @ts-check
/** Builds games as WebAssembly clients. */

import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** A folder of its own, so that the build neither waits for other builds of the workspace nor replaces their artifacts. */
const TARGET = `${process.env.CARGO_TARGET_DIR ?? `${ROOT}target`}/client`;
const PROFILE = ['--profile', 'wasm', '--target', 'wasm32-unknown-unknown', '--target-dir', TARGET];

/** @param {string} example an example of the crate `tickcast-client` @returns {string} the path of the module */
export function buildWasm(example) {
  return build(['--package', 'tickcast-client', '--example', example], `examples/${example}.wasm`);
}

/** @returns {string} the path of the module of the example game Sumo */
export function buildSumo() {
  return build(['--package', 'sumo-client'], 'client.wasm');
}

/** @returns {string} the path of the module of the example game Liar's Dice */
export function buildDice() {
  return build(['--package', 'dice-client'], 'client.wasm');
}

/** @param {string[]} what @param {string} module @returns {string} */
function build(what, module) {
  execFileSync('cargo', ['build', '--locked', '--quiet', ...what, ...PROFILE], { cwd: ROOT, stdio: 'inherit' });
  return `${TARGET}/wasm32-unknown-unknown/wasm/${module}`;
}
