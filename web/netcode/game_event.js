// @ts-check
/** Decodes the events of the arena. Mirrors the Rust `Event` and `Map`. */

import { DecodeError } from './bytes.js';
import { playerId, readPlayer } from './player_id.js';

/** Fields per side of the arena's map. */
export const MAP_SIDE = 64;
/** Squares per side of the density of ships. */
export const DENSITY_SIDE = 16;
const MAP_SHIPS_MAX = 64;
const PLACES_MAX = 3;
const DENSITY_BYTES = (DENSITY_SIDE * DENSITY_SIDE) / 4;

/**
 * @typedef {import('./bytes.js').Reader} Reader
 *
 * @typedef {{kind: 'player', player: number} | {kind: 'rock'}} Destroyer
 * @typedef {{kind: 'destroyed', victim: number, by: Destroyer}} Destroyed
 * @typedef {{column: number, row: number}} MapField a field of the arena's map, which has 64 × 64 fields
 *
 * @typedef {object} ArenaMap roughly where all ships are
 * @property {'map'} kind
 * @property {MapField | null} leader the field of the leader's ship
 * @property {MapField[] | null} ships the field of each ship; `null` if there are more than 64 ships
 * @property {number[] | null} density the density of ships in 16 × 16 squares, row by row, if `ships` is `null`. The values
 *   are 0 for no ship, 1 for one, 2 for two or three, 3 for more
 *
 * @typedef {{player: number, score: number}} Place a player on the podium, and the final score
 * @typedef {{kind: 'roundEnded', places: Place[]}} RoundEnded the end of a round, with up to three places, the best first
 *
 * @typedef {{kind: 'collected', player: number}} Collected the ship of a player has collected an orb
 *
 * @typedef {Destroyed | Collected | ArenaMap | RoundEnded} GameEvent
 */

/** @param {Reader} reader @returns {GameEvent} */
export function readGameEvent(reader) {
  const first = reader.leb128();
  const number = first >>> 2;
  switch (first & 3) {
    case 0:
      return { kind: 'destroyed', victim: playerId(number), by: { kind: 'rock' } };
    case 1:
      return { kind: 'destroyed', victim: playerId(number), by: { kind: 'player', player: readPlayer(reader) } };
    case 2:
      return { kind: 'collected', player: playerId(number) };
    default:
      return readOther(reader, number);
  }
}

/** Reads an event without a player. @param {Reader} reader @param {number} number @returns {GameEvent} */
function readOther(reader, number) {
  if (number === 0) return { kind: 'map', leader: readLeader(reader), ships: null, density: readDensity(reader) };
  if (number <= 1 + PLACES_MAX) return { kind: 'roundEnded', places: readPlaces(reader, number - 1) };
  const ships = number - 2 - PLACES_MAX;
  return { kind: 'map', leader: readLeader(reader), ships: readMapFields(reader, ships), density: null };
}

/** @param {Reader} reader @param {number} count @returns {Place[]} */
function readPlaces(reader, count) {
  return Array.from({ length: count }, () => ({ player: readPlayer(reader), score: reader.leb128() }));
}

/** @param {Reader} reader @returns {MapField | null} */
function readLeader(reader) {
  const number = reader.leb128();
  return number === 0 ? null : mapField(number - 1);
}

/** @param {Reader} reader @param {number} count @returns {MapField[]} */
function readMapFields(reader, count) {
  if (count > MAP_SHIPS_MAX) fail('too many ships on the map');
  let number = 0;
  return Array.from({ length: count }, () => {
    number += reader.leb128();
    return mapField(number);
  });
}

/** @param {number} number @returns {MapField} */
function mapField(number) {
  if (number >= MAP_SIDE * MAP_SIDE) fail('no such field on the map');
  return { column: number % MAP_SIDE, row: Math.floor(number / MAP_SIDE) };
}

/** @param {Reader} reader @returns {number[]} */
function readDensity(reader) {
  const bytes = Array.from({ length: DENSITY_BYTES }, () => reader.byte());
  return bytes.flatMap((byte) => [byte & 3, (byte >> 2) & 3, (byte >> 4) & 3, byte >> 6]);
}

/** @param {string} text @returns {never} */
function fail(text) {
  throw new DecodeError('malformed', text);
}
