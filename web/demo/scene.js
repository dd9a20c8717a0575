// @ts-check
// The content of a frame. Once per frame, session.js builds a scene. Rendering, sound and HUD take all game state from it and
// never modify it. Positions are in world units, angles in radians (0 along +x, clockwise on the screen), hulls from 0 to 1.

/**
 * The state of the client.
 * - `menu`: not connected; the menu is shown
 * - `connecting`: waiting for the server
 * - `playing`: in a room, with a ship
 * - `dead`: in a room, waiting to respawn
 * - `spectating`: in a room, as a spectator
 * - `reconnecting`: the connection was lost
 * - `closed`: disconnected permanently; `closeText` contains the reason
 * @typedef {'menu' | 'connecting' | 'playing' | 'dead' | 'spectating' | 'reconnecting' | 'closed'} Phase
 */

/** @typedef {{x: number, y: number}} Point */

/**
 * @typedef {object} ShipView
 * @property {number} id
 * @property {number} player id of its player
 * @property {string} name
 * @property {boolean} isOwn
 * @property {boolean} isAi
 * @property {number} x
 * @property {number} y
 * @property {number} heading
 * @property {boolean} isThrusting
 * @property {boolean} isProtected
 * @property {number} hull
 */

/** @typedef {{id: number, player: number, isOwn: boolean, x: number, y: number, heading: number}} BulletView */
/** @typedef {{id: number, x: number, y: number, radius: number, hull: number}} RockView */
/** @typedef {{id: number, x: number, y: number}} OrbView */

/** @typedef {{x: number, y: number, heading: number}} GhostView */

/**
 * Progress of the reconnection.
 * @typedef {object} Reconnection
 * @property {number} attempt number of the current or next attempt, counted from 1
 * @property {number} inMs time until the next attempt; 0 during an attempt
 * @property {number} delayMs total delay before that attempt
 */

/**
 * @typedef {object} PlayerView
 * @property {number} player id of the player
 * @property {string} name
 * @property {boolean} isAi
 * @property {boolean} isOwn
 * @property {number} score
 * @property {number} kills
 * @property {number} deaths
 */

/**
 * An event to show with an effect and a sound.
 * @typedef {object} VisualEvent
 * @property {'ship-destroyed' | 'rock-destroyed' | 'orb-collected' | 'bullet-hit'} kind
 * @property {number} x
 * @property {number} y
 * @property {number} player id of the player who owned the entity; 0 for rocks and orbs
 * @property {boolean} isOwn
 * @property {number} radius of the entity
 */

/**
 * An entry of the event feed.
 * @typedef {object} FeedItem
 * @property {'kill' | 'crash' | 'join' | 'leave'} kind
 * @property {PlayerRef} player
 * @property {PlayerRef | null} killer who destroyed the player's ship; `null` unless `kind` is `kill`
 */

/** @typedef {{player: number, name: string, isOwn: boolean, isAi: boolean}} PlayerRef */

/**
 * @typedef {object} Scene
 * @property {Phase} phase
 * @property {number | null} tick the newest tick received
 * @property {number} worldSize 0 while it is unknown
 * @property {string} room
 * @property {number | null} player id of the local player
 * @property {ShipView | null} own the local player's ship
 * @property {GhostView | null} ghost the local player's ship as others see it; `null` unless the ghost is turned on
 * @property {Point | null} focus center of the camera; `null` for a spectator
 * @property {ShipView[]} ships
 * @property {BulletView[]} bullets
 * @property {RockView[]} rocks
 * @property {OrbView[]} orbs
 * @property {PlayerView[]} players best first
 * @property {VisualEvent[]} visualEvents since the last frame
 * @property {FeedItem[]} feedItems since the last frame
 * @property {number} respawnInMs time until the respawn, while `dead`; otherwise 0
 * @property {number} respawnMs total respawn delay
 * @property {PlayerRef | null} killer who destroyed the local player's ship; `null` if a rock did, or if not `dead`
 * @property {number | null} rttMs
 * @property {number} snapshotAgeMs time since the last snapshot
 * @property {boolean} isStalled whether the connection is open, but no data arrives
 * @property {boolean} isSpectator
 * @property {Reconnection | null} reconnection `null` unless `reconnecting`
 * @property {number | null} closeCode the close code of the last connection; `null` while connected
 * @property {string} closeText why the connection ended; empty while connected
 * @property {string} newShipText why the player lost the previous ship and got a new one. It is empty unless this happened
 *   since the last frame
 */

export {};
