// @ts-check
/**
 * Options and callback arguments of a connection.
 *
 * @typedef {import('./breakdown.js').Breakdown} Breakdown
 * @typedef {import('./close.js').CloseReason} CloseReason
 * @typedef {import('./codec.js').InputReport} InputReport
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./techniques.js').Techniques} Techniques
 *
 * @typedef {object} SnapshotInfo metadata of a snapshot
 * @property {number} at arrival time
 * @property {number} bytes size of the message
 * @property {Breakdown | null} breakdown size by kind of part; `null` unless `Connection.breakdownEnabled` is set
 * @property {InputReport | null} report how early an input arrived; `null` if the snapshot has no report
 * @property {number} correction prediction error of the avatar, in world units
 *
 * @typedef {'websocket' | 'httpStream' | 'httpPoll' | 'datagrams'} TransportName
 *
 * @typedef {object} DatagramCounts the server sends one datagram per tick, so the difference is what was lost
 * @property {number} ticks delta snapshots delivered
 * @property {number} datagrams datagrams received
 *
 * @typedef {'idle' | 'connecting' | 'joining' | 'playing' | 'closed'} ConnectionState
 *
 * @typedef {object} SocketLike the part of the WebSocket interface that a connection uses
 * @property {string} binaryType
 * @property {number} readyState
 * @property {((event: any) => any) | null} onopen
 * @property {((event: any) => any) | null} onmessage called with `{ data }`
 * @property {((event: any) => any) | null} onclose called with `{ code }`
 * @property {(bytes: Uint8Array) => void} send
 * @property {(code?: number, reason?: string) => void} close
 * @property {TransportName} [transport] what carries the messages. By default, a WebSocket
 * @property {DatagramCounts} [counts] if datagrams carry the messages
 *
 * @typedef {object} ConnectionOptions
 * @property {string} url
 * @property {Role} role
 * @property {Viewport} viewport
 * @property {string | null} [resume] the newest resume token of the seat to resume
 * @property {string | null} [ticket] required by servers with ticket authentication
 * @property {string | null} [profile] secret of the player's profile: 32 hexadecimal digits, chosen at random and kept. A
 *   `Client` reads it for each connection, so a getter can return a new secret
 * @property {number | null} [team] the team to join; by default, the smallest
 * @property {(url: string, protocol: string) => SocketLike} openSocket
 * @property {import('./game.js').Game} [game] by default, the bundled game in JavaScript
 * @property {() => number} now returns the time of a monotonic clock, in milliseconds
 * @property {import('./actions.js').Actions} [actions] the actions of this client. They outlive the connection
 * @property {Techniques} [techniques] which techniques are enabled; by default all. The object may be modified at any time
 * @property {number} [recordedSeconds] how many seconds to record. By default 0: there is no `recording`
 * @property {(state: ConnectionState, closeReason: CloseReason | null) => void} [onState]
 * @property {(welcome: Welcome) => void} [onWelcome]
 * @property {(effects: SnapshotEffects, info: SnapshotInfo) => void} [onSnapshot]
 * @property {(reconnectAfterMs: number) => void} [onDrain] called when the server is about to shut down
 * @property {(error: Error) => void} [onError] called with a `ReplicaError` or a `DecodeError`. After a `ReplicaError`, the
 *   connection requests a full snapshot. After a `DecodeError`, it closes
 */

export {};
