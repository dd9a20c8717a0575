// @ts-check
// Plays in a room without drawing it: flies in a circle, and says where it is. `docs/CLIENTS.md` explains it.
//
//   npm install --no-save ./web/netcode
//   node examples/play.mjs ws://127.0.0.1:8080/ws?room=NAME 10
//
// Node has a WebSocket from version 22 on; for older ones there is the package `ws`.

import { Controls, Stay } from 'tickcast-netcode';

const [url = 'ws://127.0.0.1:8080/ws', seconds = '10'] = process.argv.slice(2);
const FRAME_MS = 1000 / 60;

const stay = new Stay({
  url,
  role: { kind: 'player', name: 'Ada' },
  viewport: { width: 1600, height: 900 },
  openSocket: (address, protocol) => new WebSocket(address, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
});

function frame() {
  const now = performance.now();
  stay.hold({ ...Controls.NONE, steering: 'left', thrust: true });
  const { ship } = stay.connection.sampleOwn(now);
  const others = stay.connection.sampleOthers(now);
  return { ship, others };
}

function say() {
  const { ship, others } = frame();
  if (ship) console.log(`at ${Math.round(ship.x)}, ${Math.round(ship.y)}, with ${others.size} other things in view`);
  else console.log(stay.state);
}

stay.open();
const timers = [setInterval(frame, FRAME_MS), setInterval(say, 500)];
setTimeout(() => {
  timers.forEach(clearInterval);
  const { snapshots, checksums, recoveries, corrections } = stay.connection.statistics;
  console.log(`${snapshots} snapshots, ${checksums} checksums agreed, ${recoveries} recoveries, ${corrections} corrections`);
  stay.leave();
}, Number(seconds) * 1000);
