// @ts-check
// Node before version 22 has no global `WebSocket`, so this defines it.

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
