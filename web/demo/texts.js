// @ts-check
// The texts of the page. Each language is a file in texts/. To add a language, add its file and a line below. The page loads only
// the chosen language, and English, which it shows if the chosen language cannot be loaded.

import { ENGLISH } from './texts/en.js';

/**
 * A text, or its plural forms by category. `{name}` stands for a parameter.
 * @typedef {string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & {other: string}>} Message
 *
 * @typedef {Readonly<Record<string, string | number>>} Values of the parameters. Numbers are formatted as integers
 */

/** @typedef {Readonly<Record<string, Message>>} Messages the texts of a language by their keys */

/** Functions that load the languages, by their tags. @type {Readonly<Record<string, () => Promise<Messages>>>} */
export const LANGUAGES = Object.freeze({
  en: async () => ENGLISH,
  de: async () => (await import('./texts/de.js')).GERMAN,
  es: async () => (await import('./texts/es.js')).SPANISH,
  ja: async () => (await import('./texts/ja.js')).JAPANESE,
  'zh-Hant': async () => (await import('./texts/zh_hant.js')).TRADITIONAL_CHINESE,
});
const DEFAULT = 'en';
const PARAMETER = /\{(\w+)\}/;

/** The chosen language. `locale` may name a region as well, whose number format is used. */
let chosen = languageOf(DEFAULT, DEFAULT, ENGLISH);

/**
 * Chooses the first language that has a translation, and loads it.
 * @param {readonly string[]} locales in order of preference
 * @returns {Promise<string>} the tag of the language
 */
export async function chooseLanguage(locales) {
  const found = locales.map((locale) => ({ locale, tag: translationFor(locale) })).find(({ tag }) => tag !== null);
  const tag = found?.tag ?? DEFAULT;
  try {
    chosen = languageOf(tag, found?.locale ?? DEFAULT, await LANGUAGES[tag]());
  } catch {
    // The connection was lost while the page was loading, or the server was updated, so that the file no longer exists.
    chosen = languageOf(DEFAULT, DEFAULT, ENGLISH);
  }
  return chosen.tag;
}

/**
 * Returns a text. If it has plural forms, `count` selects one of them.
 * @param {string} key
 * @param {Values} [values]
 */
export function text(key, values = {}) {
  return messageParts(key, values.count).map((part, at) => (at % 2 === 0 ? part : valueText(values[part]))).join('');
}

/** Whether there is a text. @param {string} key */
export function hasText(key) {
  return Object.hasOwn(ENGLISH, key);
}

/**
 * The parts of a text: what precedes the first parameter, the name of this parameter, what follows it, and so on.
 * @param {string} key
 * @param {string | number} [count] selects a plural form
 */
export function messageParts(key, count) {
  const message = chosen.messages[key];
  if (message === undefined) throw new Error(`there is no text ${key}`);
  return (typeof message === 'string' ? message : pluralForm(message, Number(count))).split(PARAMETER);
}

/** Formats a number. @param {number} value @param {number} [fractionDigits] */
export function numberText(value, fractionDigits = 0) {
  return format(fractionDigits, { minimumFractionDigits: fractionDigits, maximumFractionDigits: fractionDigits }).format(value);
}

/**
 * Formats a quantity with its unit. `long` units are words, for screen readers.
 * @param {number} value
 * @param {'second' | 'minute' | 'hour'} unit
 * @param {'short' | 'long'} unitDisplay
 * @param {number} [fractionDigits] maximum number of fraction digits
 */
export function unitText(value, unit, unitDisplay, fractionDigits = 0) {
  const options = /** @type {const} */ ({ style: 'unit', unit, unitDisplay, maximumFractionDigits: fractionDigits });
  return format(`${unit} ${unitDisplay} ${fractionDigits}`, options).format(value);
}

/** Joins the parts of an enumeration with commas. Skips empty parts. @param {...string} parts */
export function joined(...parts) {
  return parts.filter(Boolean).join(text('common.separator'));
}

/** Lists names, with a conjunction before the last one. @param {string[]} names */
export function listText(names) {
  return new Intl.ListFormat(chosen.locale).format(names);
}

/** @param {string} tag @param {string} locale @param {Messages} messages */
function languageOf(tag, locale, messages) {
  /** @type {Map<string | number, Intl.NumberFormat>} */
  const formats = new Map();
  return { tag, locale, messages, plurals: new Intl.PluralRules(locale), formats };
}

/**
 * @param {string} locale
 * @returns {string | null} the language of the page that has the same language and script as the locale
 */
function translationFor(locale) {
  const wanted = maximized(locale);
  return Object.keys(LANGUAGES).find((tag) => {
    const { language, script } = maximized(tag) ?? {};
    return language === wanted?.language && script === wanted?.script;
  }) ?? null;
}

/** Adds the usual script and region to a locale. @param {string} locale @returns {Intl.Locale | null} `null` if it is invalid */
function maximized(locale) {
  try {
    return new Intl.Locale(locale).maximize();
  } catch {
    return null;
  }
}

/** @param {Exclude<Message, string>} message @param {number} count */
function pluralForm(message, count) {
  return message[chosen.plurals.select(count)] ?? message.other;
}

/** @param {string | number | undefined} value */
function valueText(value) {
  return typeof value === 'number' ? numberText(value) : value ?? '';
}

/**
 * Creating a format takes longer than formatting, so formats are kept.
 * @param {string | number} key
 * @param {Intl.NumberFormatOptions} options
 */
function format(key, options) {
  const known = chosen.formats.get(key) ?? new Intl.NumberFormat(chosen.locale, options);
  chosen.formats.set(key, known);
  return known;
}
