// The arena on `ws`, as its README recommends: binary frames, without permessage-deflate (the default), with the optional
// native add-on `bufferutil`.

import { WebSocketServer } from 'ws';
import { Arena, readOptions, Rooms, TICK_MS, unpackInput } from '../arena.mjs';

const { port, roomSize } = readOptions();
const rooms = new Rooms(roomSize, () => ({ arena: new Arena(), clients: [] }));
const server = new WebSocketServer({ host: '127.0.0.1', port, perMessageDeflate: false, backlog: 4096 });

server.on('connection', (client) => {
  const room = rooms.next();
  const ship = room.arena.join();
  client.on('error', console.error);
  client.on('message', (bytes) => {
    const { aim, thrust } = unpackInput(bytes);
    ship.motion.setControls(aim, thrust);
  });
  client.send(Buffer.from([ship.id]));
  room.clients.push(client);
});

setInterval(() => {
  for (const { arena, clients } of rooms.all) {
    arena.step();
    const update = arena.packed();
    for (const client of clients) client.send(update);
  }
}, TICK_MS);
