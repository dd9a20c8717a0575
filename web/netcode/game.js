// @ts-check
/**
 * What the netcode needs from a game. Connection, clock, lead, interpolation and reconnection use nothing else of it.
 *
 * The bundled game has two implementations: `arena.js` in JavaScript, and `arena_wasm.js`, which uses its Rust code.
 *
 * The types of entities, events and controls are those of the bundled game.
 *
 * @typedef {import('./codec.js').PartObserver} PartObserver
 * @typedef {import('./codec.js').ServerMessage} ServerMessage
 * @typedef {import('./codec.js').Welcome} Welcome
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./prediction.js').Prediction} Prediction
 * @typedef {import('./replica.js').Replica} Replica
 *
 * @typedef {object} Game
 * @property {string} fingerprint of the protocol and the game, in hexadecimal
 * @property {(bytes: Uint8Array | ArrayBuffer, observe?: PartObserver | null) => ServerMessage} decodeServer decodes a
 *   server message. Throws a `DecodeError` if it is invalid. `observe` receives the parts of a snapshot, if the game
 *   decodes them
 * @property {(controls: ControlsValue) => Uint8Array} encodeControls encodes the last field of an Input
 * @property {(action: any) => Uint8Array} [encodeAction] encodes an action; absent if the game has none. Throws a
 *   `RangeError` if the action is invalid
 * @property {ControlsRules} controls
 * @property {(welcome: Welcome) => Replica} createReplica throws a `DecodeError` if the Welcome contains invalid rules
 * @property {(player: number | null, replica: Replica) => Prediction & ActionPrediction} createPrediction `player` is
 *   `null` for a spectator
 * @property {(player: number) => number} avatar the id of the entity that a player controls
 * @property {(player: number, id: number) => boolean} owns whether an entity is drawn ahead of the server, like the avatar
 * @property {(predicted: Entity | undefined, actual: Entity | undefined) => number} predictionError distance between the
 *   predicted and the actual avatar, in world units
 * @property {typeof import('./drawable.js').interpolateEntities} interpolate the entities between two ticks
 *
 * @typedef {object} ActionPrediction
 * @property {(sequence: number, tick: number, action: any) => void} [recordAction] records that an action was sent with
 *   this stamp, and waits for its outcome. Absent if actions are not predicted
 *
 * @typedef {object} ControlsRules how controls become inputs
 * @property {ControlsValue} NONE all controls released
 * @property {(a: ControlsValue, b: ControlsValue) => boolean} equal
 * @property {(before: ControlsValue, after: ControlsValue) => boolean} isUrgent whether a change is sent at once. Other
 *   changes are sent at most once per tick
 * @property {(before: ControlsValue, sent: ControlsValue, current: ControlsValue) => ControlsValue} holdPresses extends
 *   short key presses to a whole tick
 */

export {};
