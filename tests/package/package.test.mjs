// @ts-check
// Tests the netcode as a package: packs it with npm, installs the tarball, runs it, and type-checks it with TypeScript.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from '../browser/server.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TSC = join(HERE, 'node_modules/typescript/bin/tsc');
const LIBRARIES = 'es2023,dom,dom.iterable';
const STRICT = ['--noEmit', '--strict', '--allowJs', '--target', 'es2023', '--module', 'nodenext', '--lib', LIBRARIES];
/** The option that docs/CLIENTS.md recommends. */
const READ_PACKAGES = ['--maxNodeModuleJsDepth', '3'];
const PLAY_S = 4;
/** What the page of a game declares, and the code of the guide uses. */
const GUIDE_PREAMBLE = `
  import { Client, wasmGame } from 'tickcast-netcode';
  const client = new Client({
    game: wasmGame(await WebAssembly.compileStreaming(fetch('game.wasm'))),
    url: '',
    role: { kind: 'spectator' },
    viewport: { width: 100, height: 100 },
    openSocket: (url, protocol) => new WebSocket(url, protocol),
    now: () => performance.now(),
    random: () => Math.random(),
  });
  const status = document.body;
  /** @param {{ x: number, y: number } | null} avatar */
  const controls = (avatar) => ({ x: Math.sign(avatar?.x ?? 0), y: 0 });
  const prepareCanvas = () => {};
  /** @param {number} x @param {number} y @param {string} colour */
  const drawDisc = (x, y, colour) => console.log(x, y, colour);
`;

/** Folder of a temporary project that uses the package. */
let project = '';

/** @param {string} program @param {string[]} parameters @param {string} [folder] @returns {string} standard output */
function run(program, parameters, folder = project) {
  try {
    return execFileSync(program, parameters, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const { stdout, stderr } = /** @type {any} */ (error);
    throw new Error(`${program} ${parameters.join(' ')}:\n${stdout}${stderr}`);
  }
}

before(() => {
  project = mkdtempSync(join(tmpdir(), 'tickcast-'));
  const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], join(ROOT, 'web/netcode')));
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  run('npm', ['install', '--no-audit', '--no-fund', '--offline', `./${filename}`]);
  for (const file of ['client.ts', 'websocket.mjs']) copyFileSync(join(HERE, file), join(project, file));
  copyFileSync(join(ROOT, 'examples/play.mjs'), join(project, 'play.mjs'));
  symlinkSync(join(HERE, 'node_modules/ws'), join(project, 'node_modules/ws'));
});

after(() => rmSync(project, { recursive: true, force: true }));

test('the example plays with the packed package', async () => {
  const server = await Server.start('--drones', '0', '--rocks', '0', '--orbs', '0');
  try {
    const url = `${server.url.replace('http', 'ws')}/ws?room=package`;
    const output = await runAsync(['--import', './websocket.mjs', 'play.mjs', url, String(PLAY_S)]);
    assert.match(output, /^at \d+, \d+, 0 other entities in view$/m);
    assert.match(output, /^\d+ snapshots, [1-9]\d* checksums matched, 0 resyncs, \d+ corrections$/m);
  } finally {
    assert.equal(await server.stop(), 0);
  }
});

test('the types of the package and of the example are valid TypeScript', () => {
  writeFileSync(join(project, 'node.d.ts'), 'declare const process: { argv: string[] };');
  run(process.execPath, [TSC, ...STRICT, ...READ_PACKAGES, 'client.ts']);
  run(process.execPath, [TSC, ...STRICT, ...READ_PACKAGES, '--checkJs', 'node.d.ts', 'play.mjs']);
});

test('the code in the README is valid TypeScript', () => {
  const readme = readFileSync(join(ROOT, 'web/netcode/README.md'), 'utf8');
  const snippets = [...readme.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code);
  assert.ok(snippets.length > 0);
  writeFileSync(join(project, 'readme.mjs'), snippets.join(''));
  run(process.execPath, [TSC, ...STRICT, ...READ_PACKAGES, '--checkJs', '--noImplicitAny', 'false', 'readme.mjs']);
});

test('the code of the guide and the pages of the templates are valid TypeScript', () => {
  const guide = join(ROOT, 'docs/guide/src');
  const chapters = readdirSync(guide).map((name) => readFileSync(join(guide, name), 'utf8'));
  const snippets = chapters.flatMap((text) => [...text.matchAll(/^```js\n([^]*?)^```/gm)].map(([, code]) => code));
  const templates = ['discs', 'empty'].map((name) => readFileSync(join(ROOT, `crates/new/templates/${name}/web/main.js`), 'utf8'));
  const modules = [...snippets.map((code) => (/^import /m.test(code) ? code : GUIDE_PREAMBLE + code)), ...templates];
  const files = modules.map((code, number) => {
    writeFileSync(join(project, `guide${number}.mjs`), code.replace('./tickcast.js', 'tickcast-netcode'));
    return `guide${number}.mjs`;
  });
  const readFile = 'function readFile(path: string): Promise<BufferSource>;';
  writeFileSync(join(project, 'files.d.ts'), `declare module 'node:fs/promises' { ${readFile} }`);
  run(process.execPath, [TSC, ...STRICT, ...READ_PACKAGES, '--checkJs', '--noImplicitAny', 'false', 'files.d.ts', ...files]);
});

test('netcode and demo pass strict TypeScript', () => {
  const modules = ['--module', 'esnext', '--moduleResolution', 'bundler'];
  run(process.execPath, [TSC, ...STRICT, ...modules, '--checkJs', 'web/netcode/index.js', 'web/demo/main.js'], ROOT);
});

test('the guide quotes the examples verbatim', () => {
  const guide = readFileSync(join(ROOT, 'docs/CLIENTS.md'), 'utf8');
  for (const [language, file] of [['js', 'examples/play.mjs'], ['rust', 'examples/play.rs'], ['ts', 'tests/package/client.ts']]) {
    const source = plain(readFileSync(join(ROOT, file), 'utf8'));
    const quotes = [...guide.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\``, 'gm'))];
    assert.ok(quotes.length > 0, `the guide quotes ${file}`);
    for (const [, quote] of quotes) assert.ok(source.includes(plain(quote)), `${file} does not have:\n${quote}`);
  }
});

/** @param {string} code @returns {string} the code without indentation */
function plain(code) {
  return code.split('\n').map((line) => line.trim()).join('\n').trim();
}

/** @param {string[]} parameters of node @returns {Promise<string>} standard output */
async function runAsync(parameters) {
  const { execFile } = await import('node:child_process');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, parameters, { cwd: project, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${stdout}${stderr}`, { cause: error }));
      else resolve(stdout);
    });
  });
}
