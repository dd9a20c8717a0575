// @ts-check
// Nodes before the 22nd have no WebSocket of their own.

import { WebSocket } from 'ws';

Object.assign(globalThis, { WebSocket });
