// @ts-check
// What one frame shows. `session.js` makes one for every frame; everything that draws only reads it. Places are in world
// units, angles in radians (0 along +x, growing clockwise on the screen), hulls from 0 to 1.

/**
 * Where the player stands with the server.
 * - `menu`: nothing is connected, and a name is asked for
 * - `connecting`: the server has not answered yet
 * - `playing`, `dead`, `watching`: in a room, with a ship, waiting for the next one, or as a spectator
 * - `closed`: the connection ended, and the scene says why
 * @typedef {'menu' | 'connecting' | 'playing' | 'dead' | 'watching' | 'closed'} Phase
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
 * @property {Place | null} focus where the camera looks; none for a spectator, who looks about
 * @property {ShipView[]} ships
 * @property {BulletView[]} bullets
 * @property {RockView[]} rocks
 * @property {OrbView[]} orbs
 * @property {MemberView[]} members best first
 * @property {Happening[]} happenings since the last frame
 * @property {News[]} news since the last frame
 * @property {number} respawnInMs until the next ship, while `dead`
 * @property {Actor | null} killer who destroyed the own ship; none if it was a rock
 * @property {number | null} rttMs
 * @property {number} silentMs how long ago the last snapshot came
 * @property {string} closeText why the connection ended, in words
 */

export {};
