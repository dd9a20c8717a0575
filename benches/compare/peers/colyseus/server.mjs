// The arena on Colyseus 0.18.
//
// Default: `t.number()` fields, messages with a name, patches at the default rate of 20 per second. With `--tuned`:
// integers of a fixed width, as Colyseus's page on optimizing state recommends. In addition, the type of messages is a
// number, and a patch is sent at the end of each step, so that each patch contains exactly one step.

import { Room, Server } from '@colyseus/core';
import { schema, t } from '@colyseus/schema';
import { WebSocketTransport } from '@colyseus/ws-transport';
import { Motion, readOptions, TICK_MS } from '../arena.mjs';

const { port, roomSize, isTuned } = readOptions();
const INPUT = isTuned ? 0 : 'input';

const Ship = schema(
  isTuned
    ? { x: t.uint16(), y: t.uint16(), heading: t.uint16() }
    : { x: t.number(), y: t.number(), heading: t.number() },
  'Ship',
);
const State = schema({ ships: t.map(Ship) }, 'State');

class ArenaRoom extends Room {
  maxClients = roomSize;
  state = new State();
  /** For each session, the part of the ship that is not part of the synchronized state. */
  motions = new Map();

  onCreate() {
    this.onMessage(INPUT, (client, { aim, thrust }) => this.motions.get(client.sessionId).setControls(aim, thrust));
    if (isTuned) this.patchRate = null;
    this.setTimestep(() => {
      this.step();
      if (isTuned) this.broadcastPatch();
    }, TICK_MS);
  }

  onJoin(client) {
    const id = this.motions.size;
    const motion = new Motion((id * 7919) % 32_000, (id * 104_729) % 32_000);
    const ship = new Ship();
    motion.step(ship);
    this.motions.set(client.sessionId, motion);
    this.state.ships.set(client.sessionId, ship);
  }

  step() {
    for (const [sessionId, motion] of this.motions) motion.step(this.state.ships.get(sessionId));
  }
}

const server = new Server({ greet: false, transport: new WebSocketTransport() });
server.define('arena', ArenaRoom);
await server.listen(port, '127.0.0.1', 4096);
