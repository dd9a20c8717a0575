// @ts-check
// The demo with the game compiled to WebAssembly. The folder of the page does not contain the module. The folder is
// therefore copied, and the module is added to the copy.

import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { buildWasm } from '../js/wasm_build.mjs';
import { EMPTY_ARENA, browserTest } from './fixture.mjs';

/** The ship must have moved this far, in units, to have been under thrust. */
const FLOWN_UNITS = 60;
/** The server sends a checksum every 64 ticks. */
const CHECKSUMS = 3;

const folder = mkdtempSync(join(tmpdir(), 'tickcast-wasm-'));
after(() => rmSync(folder, { recursive: true }));
cpSync(fileURLToPath(new URL('../../web', import.meta.url)), folder, { recursive: true });
copyFileSync(buildWasm('arena'), join(folder, 'arena.wasm'));

browserTest('the demo runs with WebAssembly', [...EMPTY_ARENA, '--web-dir', folder], async (fixture) => {
  const tab = await fixture.open('?name=Ada&play&wasm');
  const { own: start } = await tab.until('is playing', ({ phase, own }) => phase === 'playing' && own !== null);
  await tab.page.keyboard.down('KeyW');
  await tab.until('has flown', ({ own }) => Math.hypot((own?.x ?? 0) - start.x, (own?.y ?? 0) - start.y) > FLOWN_UNITS);
  await tab.page.keyboard.up('KeyW');
  await tab.page.keyboard.down('Space');
  await tab.until('sees its bullet', ({ entities }) => entities.bullets > 0);
  await tab.page.keyboard.up('Space');

  const { resyncs } = await tab.until('has compared checksums', ({ checksums }) => checksums >= CHECKSUMS);
  assert.equal(resyncs, 0);
  const loaded = await tab.page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name));
  assert.ok(loaded.some((name) => name.endsWith('/arena.wasm')), loaded.join());
  await tab.assertPainted();
});
