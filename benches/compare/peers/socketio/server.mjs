// The arena on Socket.IO.
//
// Default: events with JSON, as in Socket.IO's documentation. With `--tuned`, the server follows the page on performance
// tuning: it supports WebSocket only, uses the parser for MessagePack, and discards the initial HTTP requests. In addition,
// it sends the state as one packed buffer. In both cases, the native add-ons `bufferutil` and `utf-8-validate` are
// installed.

import { createServer } from 'node:http';
import { Server } from 'socket.io';
import parser from 'socket.io-msgpack-parser';
import { Arena, readOptions, Rooms, TICK_MS, unpackInput } from '../arena.mjs';

const { port, roomSize, isTuned } = readOptions();
const rooms = new Rooms(roomSize, (number) => ({ name: `room ${number}`, arena: new Arena() }));
const httpServer = createServer();
const io = new Server(httpServer, isTuned ? { transports: ['websocket'], parser, serveClient: false } : {});
if (isTuned) {
  io.engine.on('connection', (rawSocket) => {
    rawSocket.request = null;
  });
}

io.on('connection', (socket) => {
  const room = rooms.next();
  const ship = room.arena.join();
  socket.join(room.name);
  if (isTuned) {
    socket.on('input', (bytes) => {
      const { aim, thrust } = unpackInput(bytes);
      ship.motion.setControls(aim, thrust);
    });
  } else {
    socket.on('input', ({ aim, thrust }) => ship.motion.setControls(aim, thrust));
  }
  socket.emit('welcome', ship.id);
});

const visible = ({ id, x, y, heading }) => ({ id, x, y, heading });

setInterval(() => {
  for (const { name, arena } of rooms.all) {
    arena.step();
    io.to(name).emit('state', isTuned ? arena.packed() : arena.ships.map(visible));
  }
}, TICK_MS);

httpServer.listen({ host: '127.0.0.1', port, backlog: 4096 });
