// @ts-check
// What one frame shows. `session.js` makes one for every frame; everything that draws only reads it. Places are in world
// units, angles in radians (0 along +x, growing clockwise on the screen), hulls from 0 to 1.

/**
 * Where the player stands with the server.
 * - `menu`: nothing is connected, and a name is asked for
 * - `connecting`: the server has not answered yet
 * - `playing`, `dead`, `watching`: in a room, with a ship, waiting for the next one, or as a spectator
 * - `returning`: the connection was lost, and the next one is being waited for
 * - `closed`: the connection ended for good, and the scene says why
 * @typedef {'menu' | 'connecting' | 'playing' | 'dead' | 'watching' | 'returning' | 'closed'} Phase
 */

/** @typedef {{x: number, y: number}} Place */

/**
 * @typedef {object} ShipView
 * @property {number} id
 * @property {number} player whose it is
 * @property {string} name
 * @property {boolean} isOwn
 * @property {boolean} isDrone
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
 * How the way back goes.
 * @typedef {object} Return
 * @property {number} attempt the number of the attempt that is made or waited for, from 1 on
 * @property {number} inMs until it is made; 0 while it is
 * @property {number} ofMs how long that is waited in all
 */

/**
 * @typedef {object} MemberView
 * @property {number} player
 * @property {string} name
 * @property {boolean} isDrone
 * @property {boolean} isOwn
 * @property {number} score
 * @property {number} kills
 * @property {number} deaths
 */

/**
 * Something that the scene's things alone do not tell.
 * @typedef {object} Happening
 * @property {'ship-lost' | 'rock-broken' | 'orb-taken' | 'bullet-hit'} kind
 * @property {number} x
 * @property {number} y
 * @property {number} player whose thing it was; 0 where it was nobody's
 * @property {boolean} isOwn
 * @property {number} radius how large the thing was
 */

/**
 * A line of the feed.
 * @typedef {object} News
 * @property {'kill' | 'crash' | 'join' | 'leave'} kind
 * @property {Actor} who
 * @property {Actor | null} by
 */

/** @typedef {{player: number, name: string, isOwn: boolean, isDrone: boolean}} Actor */

/**
 * @typedef {object} Scene
 * @property {Phase} phase
 * @property {number | null} tick the newest tick received
 * @property {number} worldSize 0 while it is not known
 * @property {string} room
 * @property {number | null} player the own seat
 * @property {ShipView | null} own
 * @property {GhostView | null} ghost where the server has the own ship, if that is to be shown
 * @property {Place | null} focus where the camera looks; none for a spectator, who looks about
 * @property {ShipView[]} ships
 * @property {BulletView[]} bullets
 * @property {RockView[]} rocks
 * @property {OrbView[]} orbs
 * @property {MemberView[]} members best first
 * @property {Happening[]} happenings since the last frame
 * @property {News[]} news since the last frame
 * @property {number} respawnInMs until the next ship, while `dead`
 * @property {number} respawnMs how long that takes in all
 * @property {Actor | null} killer who destroyed the own ship; none if it was a rock
 * @property {number | null} rttMs
 * @property {number} silentMs how long ago the last snapshot came
 * @property {Return | null} comeback how the way back goes, while there is no connection and one is tried for
 * @property {string} closeText why the connection ended, in words
 */

export {};
