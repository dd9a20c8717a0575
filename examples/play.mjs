// @ts-check
// A player without graphics: flies in a circle and prints its position. `docs/CLIENTS.md` explains it.
//
//   npm install --no-save ./web/netcode
//   node examples/play.mjs ws://127.0.0.1:8080/ws?room=NAME 10
//
// Requires Node 22 or later for WebSocket, or the package `ws`.

import { Client, Controls } from 'tickcast-netcode';

const [url = 'ws://127.0.0.1:8080/ws', seconds = '10'] = process.argv.slice(2);
const FRAME_MS = 1000 / 60;

const client = new Client({
  url,
  role: { kind: 'player', name: 'Ada' },
  viewport: { width: 1600, height: 900 },
  openSocket: (address, protocol) => new WebSocket(address, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
});

function frame() {
  const now = performance.now();
  client.setControls({ ...Controls.NONE, steering: 'left', thrust: true });
  const { avatar } = client.connection.sampleLocal(now);
  const remote = client.connection.sampleRemote(now);
  return { avatar, remote };
}

function printStatus() {
  const { avatar, remote } = frame();
  if (avatar) console.log(`at ${Math.round(avatar.x)}, ${Math.round(avatar.y)}, ${remote.size} other entities in view`);
  else console.log(client.state);
}

client.open();
const timers = [setInterval(frame, FRAME_MS), setInterval(printStatus, 500)];
setTimeout(() => {
  timers.forEach(clearInterval);
  const { snapshots, checksums, resyncs, corrections } = client.connection.statistics;
  console.log(`${snapshots} snapshots, ${checksums} checksums matched, ${resyncs} resyncs, ${corrections} corrections`);
  client.leave();
}, Number(seconds) * 1000);
