// @ts-check
/**
 * Everything a tickcast client needs, and nothing that draws.
 *
 * @typedef {import('./close.js').Closing} Closing
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./connection.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection.js').Received} Received
 * @typedef {import('./connection.js').SocketLike} SocketLike
 * @typedef {import('./connection.js').Techniques} Techniques
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./lag.js').Line} Line
 * @typedef {import('./replica.js').Applied} Applied
 * @typedef {import('./stay.js').StayOptions} StayOptions
 */

export { Backoff } from './backoff.js';
export { Breakdown, KINDS } from './breakdown.js';
export { DecodeError } from './bytes.js';
export { TickClock } from './clock.js';
export { SERVER_CODES, closeReason } from './close.js';
export { FINGERPRINT, SERVER_MESSAGE_BYTES_MAX, SUBPROTOCOL, VERSION, decodeServer, encodeClient } from './codec.js';
export { Connection, allTechniques } from './connection.js';
export { Controls } from './controls.js';
export { Digest } from './digest.js';
export { drawBetween } from './drawable.js';
export { HULL_FULL, SHIP_VELOCITY_MAX, cloneEntity, patchEntity, radius, steerEntity } from './entity.js';
export { Grid } from './grid.js';
export * as ids from './ids.js';
export { Interpolation } from './interpolation.js';
export { LaggedSocket, STALL_EVERY_MS, goodLine } from './lag.js';
export { Lead } from './lead.js';
export { BULLET_SPEED, coast } from './motion.js';
export { PLAYER_NAME_BYTES_MAX, ROOM_NAME_LENGTH_MAX, isPlayerName, isRoomName } from './name.js';
export { Offsets } from './offsets.js';
export { Own } from './own.js';
export { Prediction, correctionBetween } from './prediction.js';
export { Replica, ReplicaError } from './replica.js';
export { Rules } from './rules.js';
export { Slew } from './slew.js';
export { Spread } from './spread.js';
export { Stay } from './stay.js';
export { Angle, Position, Tick, Velocity, divideRounded } from './units.js';
export { coastAll, steerAll } from './world.js';
