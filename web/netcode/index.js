// @ts-check
/**
 * The netcode of a tickcast client, without rendering.
 *
 * @typedef {import('./client.js').ClientOptions} ClientOptions
 * @typedef {import('./client.js').ClientState} ClientState
 * @typedef {import('./close.js').CloseReason} CloseReason
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./connection_options.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection_options.js').ConnectionState} ConnectionState
 * @typedef {import('./connection_options.js').SnapshotInfo} SnapshotInfo
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./lagged_socket.js').NetworkConditions} NetworkConditions
 * @typedef {import('./replica.js').Player} Player
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./techniques.js').Techniques} Techniques
 */

export { Backoff } from './backoff.js';
export { Breakdown, KINDS } from './breakdown.js';
export { DecodeError } from './bytes.js';
export { Client } from './client.js';
export { TickClock } from './clock.js';
export { SERVER_CLOSE_CODES, closeReason } from './close.js';
export { FINGERPRINT, SERVER_MESSAGE_BYTES_MAX, SUBPROTOCOL, VERSION, decodeServer, encodeClient } from './codec.js';
export { Connection } from './connection.js';
export { Controls } from './controls.js';
export { Digest } from './digest.js';
export { interpolateEntities } from './drawable.js';
export { HULL_FULL, SHIP_VELOCITY_MAX, cloneEntity, patchEntity, radius, setEntityControls } from './entity.js';
export { ErrorSmoothing } from './error_smoothing.js';
export { Grid } from './grid.js';
export * as ids from './ids.js';
export { Interpolation } from './interpolation.js';
export { LaggedSocket, STALL_INTERVAL_MS, idealNetwork } from './lagged_socket.js';
export { Lead } from './lead.js';
export { LocalPlayer } from './local_player.js';
export { MeanDeviation } from './mean_deviation.js';
export { BULLET_SPEED, coast } from './motion.js';
export { PLAYER_NAME_BYTES_MAX, ROOM_NAME_LENGTH_MAX, isPlayerName, isRoomName } from './name.js';
export { Prediction, predictionError } from './prediction.js';
export { Presses } from './presses.js';
export { Replica, ReplicaError } from './replica.js';
export { Rules } from './rules.js';
export { SlewLimiter } from './slew_limiter.js';
export { allTechniques } from './techniques.js';
export { Angle, Position, Tick, Velocity, divideRounded } from './units.js';
export { applyControls, coastAll } from './world.js';
