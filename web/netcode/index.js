// @ts-check
/**
 * The netcode of a tickcast client, without rendering.
 *
 * @typedef {import('./actions.js').ActionResult} ActionResult
 * @typedef {import('./client.js').ClientOptions} ClientOptions
 * @typedef {import('./client.js').ClientState} ClientState
 * @typedef {import('./close.js').CloseReason} CloseReason
 * @typedef {import('./game_event.js').ArenaMap} ArenaMap
 * @typedef {import('./game_event.js').MapField} MapField
 * @typedef {import('./codec.js').Role} Role
 * @typedef {import('./codec.js').RoomEvent} RoomEvent
 * @typedef {import('./codec.js').Viewport} Viewport
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./connection_options.js').ConnectionOptions} ConnectionOptions
 * @typedef {import('./connection_options.js').ConnectionState} ConnectionState
 * @typedef {import('./connection_options.js').DatagramCounts} DatagramCounts
 * @typedef {import('./connection_options.js').SnapshotInfo} SnapshotInfo
 * @typedef {import('./connection_options.js').SocketLike} SocketLike
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./drawable.js').Drawable} Drawable
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./game.js').Game} Game
 * @typedef {import('./lagged_socket.js').NetworkConditions} NetworkConditions
 * @typedef {import('./value_drawable.js').Placement} Placement
 * @typedef {import('./wasm_replica.js').Layout} Layout
 * @typedef {import('./replica.js').Player} Player
 * @typedef {import('./recording.js').Take} Take
 * @typedef {import('./replica.js').SnapshotEffects} SnapshotEffects
 * @typedef {import('./techniques.js').Techniques} Techniques
 */

export { Actions } from './actions.js';
export { arena } from './arena.js';
export { arenaOf } from './arena_wasm.js';
export { Backoff } from './backoff.js';
export { Breakdown, KINDS } from './breakdown.js';
export { DecodeError } from './bytes.js';
export { Client } from './client.js';
export { IDLE_INTERVAL_MS, TickClock } from './clock.js';
export { SERVER_CLOSE_CODES, closeReason } from './close.js';
export {
  FINGERPRINT, SERVER_MESSAGE_BYTES_MAX, SPEED_QUARTERS_MAX, SUBPROTOCOL, VERSION, decodeServer, encodeClient,
} from './codec.js';
export { Connection } from './connection.js';
export { Controls } from './controls.js';
export { BUNDLE_TAG, ClientLink, DATAGRAM_BYTES_MAX, decodeBundle } from './datagram_link.js';
export { DatagramSocket } from './datagram_socket.js';
export { Digest } from './digest.js';
export { interpolateEntities } from './drawable.js';
export {
  HULL_FULL, SHIP_VELOCITY_MAX, cloneEntities, cloneEntity, patchEntity, radius, setEntityControls,
} from './entity.js';
export { ErrorSmoothing } from './error_smoothing.js';
export { DENSITY_SIDE, MAP_SIDE } from './game_event.js';
export { FallbackSocket, RETRY_WEBSOCKET_MS, TransportMemory } from './fallback_socket.js';
export { Grid } from './grid.js';
export { HttpSocket } from './http_socket.js';
export * as ids from './ids.js';
export { Interpolation } from './interpolation.js';
export { LaggedSocket, STALL_INTERVAL_MS, idealNetwork } from './lagged_socket.js';
export { Lead } from './lead.js';
export { LocalPlayer } from './local_player.js';
export { LossDetector } from './loss_detector.js';
export { MeanDeviation } from './mean_deviation.js';
export { BULLET_SPEED, DASH_RECHARGE_MS, coast } from './motion.js';
export { PLAYER_NAME_BYTES_MAX, ROOM_NAME_LENGTH_MAX, isPlayerName, isRoomName } from './name.js';
export { PlaybackBuffer } from './playback_buffer.js';
export { Prediction, predictionError } from './prediction.js';
export { Presses } from './presses.js';
export { LEVEL_MAX, ORBS_FULL, UPGRADES, levelsOf, offerOf } from './progress.js';
export { Recording } from './recording.js';
export { Replica, ReplicaError } from './replica.js';
export { Rules } from './rules.js';
export { applyStandingChanges, bountyOf } from './standing.js';
export { SlewLimiter } from './slew_limiter.js';
export { allTechniques } from './techniques.js';
export { RETRY_DATAGRAMS_MS, TransportChoice } from './transport_choice.js';
export { Angle, Position, Tick, Velocity, divideRounded } from './units.js';
export { gameOfWords, wasmGame } from './wasm_game.js';
export { applyControls, coastAll } from './world.js';
