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
 * @property {number} recharge 1 just after a dash, falling to 0 when the ship can dash again
 * @property {boolean} isProtected
 * @property {boolean} isLeader
 * @property {number} bounty number of orbs that the ship leaves when it is destroyed
 * @property {number} hull
 * @property {number} orbs filled fraction of its bar
 * @property {number} level 1 for a new ship, and one more for each upgrade
 * @property {readonly import('../netcode/progress.js').Upgrade[]} offer the upgrades from which its player may choose now
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
 * @property {number} streak kills since the last death
 * @property {boolean} isLeader whether no player has a higher score
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
 * The state of a replay.
 * @typedef {object} ReplayView
 * @property {number | null} tick the tick that is drawn, or the tick of a seek; `null` before the first snapshot
 * @property {number} tickRate
 * @property {boolean} isSeeking whether the position of the last seek is not shown yet
 * @property {boolean} isWaiting whether all ticks that have arrived are drawn
 * @property {boolean} isPaused
 * @property {number} quarters the speed, in quarters of real time
 */

/**
 * Roughly where the ships of the whole arena were within the last second. Out of view, nothing else is known about them.
 * @typedef {object} MapView
 * @property {Point | null} leader
 * @property {Point[]} ships empty if there are too many ships; then `crowds` shows where they are
 * @property {{x: number, y: number, size: number, value: number}[]} crowds squares that contain ships: their top left corner,
 *   and 1 for one ship, 2 for two or three, 3 for more
 * @property {number} precision side of the fields in whose centers `leader` and `ships` are
 */

/** A part of the world, in units. @typedef {{left: number, top: number, right: number, bottom: number}} Area */

/**
 * What an instant replay of the local player's death shows now.
 * @typedef {object} InstantReplayView
 * @property {number} worldSize
 * @property {ShipView[]} ships
 * @property {BulletView[]} bullets
 * @property {RockView[]} rocks
 * @property {OrbView[]} orbs
 * @property {VisualEvent[]} visualEvents
 * @property {Point | null} focus center of the camera; `null` if no ship is known
 * @property {Area} received the part of the world that the client had received. Everything else is unknown
 * @property {PlayerRef | null} killer `null` if a rock destroyed the ship
 * @property {number} progress from 0 to 1
 */

/**
 * The result of a round.
 * @typedef {object} PodiumView
 * @property {{player: PlayerRef, score: number}[]} places up to three, the best first
 * @property {{score: number, rank: number, count: number} | null} own the local player's result; `null` for a spectator
 */

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
 * @property {MapView | null} map `null` until the server has sent one
 * @property {PlayerView[]} players best first
 * @property {VisualEvent[]} visualEvents since the last frame
 * @property {FeedItem[]} feedItems since the last frame
 * @property {number} respawnInMs time until the respawn, while `dead`; otherwise 0
 * @property {number} respawnMs total respawn delay
 * @property {PlayerRef | null} killer who destroyed the local player's ship; `null` if a rock did, or if not `dead`
 * @property {string} bestText the player's personal best and rank, while `dead`; empty if they are unknown
 * @property {string} lifeText summary of the player's last life, while `dead`; otherwise empty
 * @property {number | null} roundLeftS time until the end of the round; `null` if it is unknown, or if rounds do not end
 * @property {PodiumView | null} podium `null` unless a round has just ended
 * @property {string} podiumText the player's personal best, while `podium` is shown; empty if it is unknown
 * @property {ReplayView | null} replay `null` unless the session plays a replay
 * @property {boolean} isCut whether a replay jumped to another tick since the last frame
 * @property {InstantReplayView | null} instantReplay of the last death; `null` unless it is being shown
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

/** The hull counts as low if at most this fraction of it is left. */
export const LOW_HULL = 0.3;
