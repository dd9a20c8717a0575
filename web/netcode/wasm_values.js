// @ts-check
/**
 * Values that describe themselves, as a module exchanges them with its page. The documentation of the crate
 * `tickcast-client` describes their words.
 */

import { Angle, Position, Velocity } from './units.js';

/**
 * @typedef {object} Shape names in an object. They have the style of JavaScript: `isIt` for Rust's `is_it`
 * @property {string} kind the variant of an enum; empty for a struct
 * @property {string[]} fields
 * @property {Record<string, any>} template an object with these fields. Copying it is faster than adding field by field
 *
 * @typedef {{get: (number: number) => Shape}} Shapes
 */

const CONSTANTS = Object.freeze([null, false, true]);
const KIND_MASK = 7;
const KIND_BITS = 3;
const [CONSTANT, INTEGER, NUMBER, TEXT, LIST, OBJECT, SCALED] = [0, 1, 2, 3, 4, 5, 6];
const VARIANT = 7;
/** Formats of numbers. The third one, 0, is a signed integer. */
const [U64, F64] = [1, 2];
/** World units, units per second, or radians, in a unit of the simulation. */
const SCALES = Object.freeze([1 / Position.UNIT, 1 / Velocity.UNIT, (2 * Math.PI) / Angle.TURN]);
const DECODER = new TextDecoder('utf-8');
const ENCODER = new TextEncoder();

/**
 * Reads the value whose words begin at `at`. Structs become objects. Tuples and lists become arrays. `None` becomes `null`.
 * A variant of an enum becomes an object with its name in the field `kind`. Positions become `{x, y}` in world units,
 * velocities in units per second, angles radians.
 * @param {Int32Array} words @param {number} at @param {Shapes} shapes
 * @returns {any}
 */
export function readValue(words, at, shapes) {
  return new ValueReader(words, at, shapes).value();
}

class ValueReader {
  #words;
  #at;
  #shapes;

  /** @param {Int32Array} words @param {number} at @param {Shapes} shapes */
  constructor(words, at, shapes) {
    this.#words = words;
    this.#at = at;
    this.#shapes = shapes;
  }

  /** @returns {any} */
  value() {
    const word = this.#words[this.#at++];
    const argument = word >> KIND_BITS;
    switch (word & KIND_MASK) {
      case INTEGER:
        return argument;
      case OBJECT:
        return this.#object(this.#shapes.get(argument));
      case SCALED:
        return scaled(this.value(), SCALES[argument]);
      case CONSTANT:
        return CONSTANTS[argument];
      case VARIANT:
        return this.#variant(this.#shapes.get(argument >> 1).kind, (argument & 1) === 1);
      case LIST:
        return Array.from({ length: argument }, () => this.value());
      case TEXT:
        return this.#text(argument);
      default:
        return this.#number(argument);
    }
  }

  /** @param {Shape} shape @returns {Record<string, any>} */
  #object({ fields, template }) {
    const object = { ...template };
    for (let index = 0; index < fields.length; index += 1) {
      object[fields[index]] = this.value();
    }
    return object;
  }

  /** @param {string} kind @param {boolean} hasValue @returns {Record<string, any>} */
  #variant(kind, hasValue) {
    const value = hasValue ? this.value() : {};
    const isStruct = typeof value === 'object' && value !== null && !Array.isArray(value) && value.kind === undefined;
    return isStruct ? { kind, ...value } : { kind, value };
  }

  /** @param {number} bytes @returns {string} */
  #text(bytes) {
    const { buffer, byteOffset } = this.#words;
    const start = byteOffset + 4 * this.#at;
    this.#at += Math.ceil(bytes / 4);
    return DECODER.decode(new Uint8Array(buffer, start, bytes));
  }

  /** @param {number} format @returns {number} exact up to 2⁵³ */
  #number(format) {
    const [low, high] = [this.#words[this.#at++], this.#words[this.#at++]];
    if (format === F64) {
      return new Float64Array(Int32Array.of(low, high).buffer)[0];
    }
    return (format === U64 ? high >>> 0 : high) * 2 ** 32 + (low >>> 0);
  }
}

/** @param {any} value a number, or an object of numbers @param {number} scale @returns {any} */
function scaled(value, scale) {
  return typeof value === 'number' ? value * scale : { x: value.x * scale, y: value.y * scale };
}

/**
 * @param {any} value as `readValue` returns it. A variant without fields may also be a string, its name
 * @returns {number[]} the words of the value
 */
export function valueWords(value) {
  switch (typeof value) {
    case 'number':
      return [word(NUMBER, F64), ...new Int32Array(Float64Array.of(value).buffer)];
    case 'string':
      return textWords(value);
    case 'boolean':
      return [word(CONSTANT, value ? 2 : 1)];
    case 'object':
      return value === null ? [word(CONSTANT, 0)] : compositeWords(value);
    default:
      throw new RangeError(`a ${typeof value} cannot be sent`);
  }
}

/** @param {object} value @returns {number[]} */
function compositeWords(value) {
  if (Array.isArray(value)) {
    return [word(LIST, value.length), ...value.flatMap(valueWords)];
  }
  const fields = Object.entries(value);
  return [word(OBJECT, fields.length), ...fields.flatMap(([name, field]) => [...textWords(name), ...valueWords(field)])];
}

/** @param {string} text @returns {number[]} */
function textWords(text) {
  const bytes = ENCODER.encode(text);
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return [word(TEXT, bytes.length), ...new Int32Array(padded.buffer)];
}

/** @param {number} kind @param {number} argument @returns {number} */
function word(kind, argument) {
  return (argument << KIND_BITS) | kind;
}

/**
 * @param {string} description the variant and the fields, in separate lines
 * @returns {Shape}
 */
export function shapeOf(description) {
  const [variant, ...fields] = description.split('\n');
  const kind = camelCase(variant.charAt(0).toLowerCase() + variant.slice(1));
  if (kind !== '' && fields.includes('kind')) {
    throw new Error(`the variant ${variant} has a field 'kind': rename it, because a page finds the variant's name there`);
  }
  const names = fields.map(camelCase);
  const template = Object.fromEntries(names.map((name) => [name, null]));
  return { kind, fields: names, template: kind === '' ? template : { kind, ...template } };
}

/** @param {string} name @returns {string} */
function camelCase(name) {
  return name.replace(/_+([a-z])/g, (_, letter) => letter.toUpperCase());
}

/**
 * @param {any} a
 * @param {any} b
 * @returns {boolean} whether two values are equal
 */
export function isEqual(a, b) {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b);
  }
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && isEqual(a[name], b[name]));
}
