// @ts-check
// Defines the global `WebSocket` for versions of Node before 22, which do not define it.

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
