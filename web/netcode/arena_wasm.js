// @ts-check
/** The bundled game as its Rust code, compiled to WebAssembly: `crates/client/examples/arena.rs`. */

import { arena } from './arena.js';
import { Controls } from './controls.js';
import { DENSITY_SIDE, MAP_SIDE } from './game_event.js';
import { progressFromBits } from './progress.js';
import { gameOfWords } from './wasm_game.js';

/**
 * @typedef {import('./game_event.js').GameEvent} GameEvent
 * @typedef {import('./game_event.js').MapField} MapField
 * @typedef {import('./codec.js').Standing} Standing
 * @typedef {import('./controls.js').ControlsValue} ControlsValue
 * @typedef {import('./entity.js').Entity} Entity
 * @typedef {import('./rules.js').Rules} Rules
 */

/**
 * @param {WebAssembly.Module} module
 * @returns {import('./game.js').Game}
 */
export function arenaOf(module) {
  return gameOfWords(module, arena, { entity, event, rules, standing, controlsWords, interpolate: arena.interpolate });
}

/** @param {ControlsValue} controls @returns {number[]} */
function controlsWords(controls) {
  return [Controls.toBits(controls)];
}

/** @param {Int32Array} words @param {number} at @returns {Entity} */
function entity(words, at) {
  const [x, y] = [words[at + 1], words[at + 2]];
  switch (words[at]) {
    case 0:
      return ship(words, at, x, y);
    case 1:
      return { kind: 'bullet', x, y, heading: words[at + 3], life: words[at + 4] };
    case 2: {
      const size = /** @type {0 | 1 | 2} */ (words[at + 5]);
      return { kind: 'rock', x, y, vx: words[at + 3], vy: words[at + 4], size, hull: words[at + 6] };
    }
    default:
      return { kind: 'orb', x, y };
  }
}

/** @param {Int32Array} words @param {number} at @param {number} x @param {number} y @returns {Entity} */
function ship(words, at, x, y) {
  return {
    kind: 'ship',
    x,
    y,
    vx: words[at + 3],
    vy: words[at + 4],
    heading: words[at + 5],
    controls: Controls.fromBits(words[at + 6]) ?? Controls.NONE,
    cooldown: words[at + 7],
    shot: words[at + 8],
    hull: words[at + 9],
    protection: words[at + 10],
    recharge: words[at + 11],
    ...(progressFromBits(words[at + 12]) ?? { orbs: 0, levels: [0, 0, 0, 0] }),
  };
}

/** @param {Int32Array} words @param {number} at @returns {GameEvent} */
function event(words, at) {
  const second = words[at + 1];
  switch (words[at]) {
    case 0: {
      const by = words[at + 2];
      return { kind: 'destroyed', victim: second, by: by < 0 ? { kind: 'rock' } : { kind: 'player', player: by } };
    }
    case 1: {
      const ships = Array.from(words.subarray(at + 3, at + 3 + words[at + 2]), mapField);
      return { kind: 'map', leader: leader(second), ships, density: null };
    }
    case 3: {
      const place = (/** @type {unknown} */ _, /** @type {number} */ index) => (
        { player: words[at + 2 + 2 * index], score: words[at + 3 + 2 * index] >>> 0 }
      );
      return { kind: 'roundEnded', places: Array.from({ length: second }, place) };
    }
    case 4:
      return { kind: 'collected', player: second };
    default: {
      const density = Array.from(words.subarray(at + 2, at + 2 + DENSITY_SIDE * DENSITY_SIDE));
      return { kind: 'map', leader: leader(second), ships: null, density };
    }
  }
}

/** @param {number} number @returns {MapField | null} */
function leader(number) {
  return number < 0 ? null : mapField(number);
}

/** @param {number} number @returns {MapField} */
function mapField(number) {
  return { column: number % MAP_SIDE, row: Math.floor(number / MAP_SIDE) };
}

/** @param {Int32Array} words @param {number} at @returns {Rules} */
function rules(words, at) {
  return { tickRate: words[at], worldSize: words[at + 1], roundS: words[at + 2] };
}

/** @param {Int32Array} words @param {number} at @returns {Standing} */
function standing(words, at) {
  return { score: words[at] >>> 0, kills: words[at + 1], deaths: words[at + 2], streak: words[at + 3] };
}
