// Checks the package's types: this file is compiled, not run. The line after each `@ts-expect-error` must not compile.

import { Client, Controls, type ControlsValue, type Drawable, type Entity, type Role, type SnapshotEffects } from 'tickcast-netcode';
import { Replica } from 'tickcast-netcode/replica.js';

const client = new Client({
  url: 'ws://127.0.0.1:8080/ws',
  role: { kind: 'player', name: 'Ada' },
  viewport: { width: 1600, height: 900 },
  openSocket: (url, protocol) => new WebSocket(url, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
  onSnapshot: (effects: SnapshotEffects, { correction }) => console.log(effects.tick, correction),
});

const towards: ControlsValue = { ...Controls.NONE, steering: 'towards', aim: 256 };
client.setControls(towards);
// @ts-expect-error unknown steering
client.setControls({ ...Controls.NONE, steering: 'sideways' });
// @ts-expect-error a spectator has no name
const spectator: Role = { kind: 'spectator', name: 'Ada' };

const avatar: Drawable | null = client.connection.sampleLocal(0).avatar;
const replica: Replica | null = client.connection.replica;
for (const entity of replica?.entities.values() ?? []) console.log(speed(entity));
console.log(avatar?.entity.kind, spectator);

function speed(entity: Entity): number {
  // @ts-expect-error an orb has no velocity
  if (entity.kind === 'orb') return entity.vx;
  return entity.kind === 'bullet' ? 640 * 16 : Math.hypot(entity.vx, entity.vy);
}
