// @ts-check
// Node before version 22 has no WebSocket.

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
