// @ts-check
// The demo over `https:` and `wss:`, with a self-signed certificate.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EMPTY_ARENA, SCREENS, browserTest } from './fixture.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tickcast-tls-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
const CERTIFICATE = join(folder, 'cert.pem');
const KEY = join(folder, 'key.pem');

execFileSync('openssl', [
  'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
  '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1',
  '-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', KEY, '-out', CERTIFICATE,
], { stdio: 'ignore' });

browserTest('a player joins over https', [...EMPTY_ARENA, '--tls-cert', CERTIFICATE, '--tls-key', KEY], async (fixture) => {
  assert.match(fixture.server.url, /^https:/);
  const tab = await fixture.open('', { ...SCREENS.desktop, ignoreHTTPSErrors: true });
  // Chromium never accepts such a certificate for the script of a service worker.
  tab.expectError(/SSL certificate error/);
  const sockets = /** @type {string[]} */ ([]);
  tab.page.on('websocket', (socket) => sockets.push(socket.url()));
  const { own } = await tab.join('Ada');
  await tab.page.keyboard.down('KeyD');
  await tab.until('has turned', (state) => state.own !== null && state.own.heading !== own?.heading);
  await tab.page.keyboard.up('KeyD');
  await tab.assertPainted();
  assert.match(sockets[0], /^wss:/);
});
