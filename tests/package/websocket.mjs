// @ts-check
// Defines the global `WebSocket`, which Node has only since version 22.

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
