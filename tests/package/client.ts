// What TypeScript knows of the package: it is compiled, and never run. A line that is expected to be wrong and is not is an error.

import { Controls, Stay, type Applied, type ControlsValue, type Drawable, type Entity, type Role } from 'tickcast-netcode';
import { Replica } from 'tickcast-netcode/replica.js';

const stay = new Stay({
  url: 'ws://127.0.0.1:8080/ws',
  role: { kind: 'player', name: 'Ada' },
  viewport: { width: 1600, height: 900 },
  openSocket: (url, protocol) => new WebSocket(url, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
  onSnapshot: (applied: Applied, { correction }) => console.log(applied.tick, correction),
});

const towards: ControlsValue = { ...Controls.NONE, steering: 'towards', aim: 256 };
stay.hold(towards);
// @ts-expect-error there is no such steering
stay.hold({ ...Controls.NONE, steering: 'sideways' });
// @ts-expect-error a spectator has no name
const watcher: Role = { kind: 'spectator', name: 'Ada' };

const ship: Drawable | null = stay.connection.sampleOwn(0).ship;
const replica: Replica | null = stay.connection.replica;
for (const entity of replica?.entities.values() ?? []) console.log(speed(entity));
console.log(ship?.entity.kind, watcher);

function speed(entity: Entity): number {
  // @ts-expect-error an orb has no velocity
  if (entity.kind === 'orb') return entity.vx;
  return entity.kind === 'bullet' ? 640 * 16 : Math.hypot(entity.vx, entity.vy);
}
