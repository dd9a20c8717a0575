// @ts-check
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { beforeEach, test } from 'node:test';
import { LANGUAGES, chooseLanguage, joined, listText, numberText, text, unitText } from '../../web/demo/texts.js';
import { KINDS, closeReason } from '../../web/netcode/index.js';
import { elementsIn } from './html.mjs';

const WEB = new URL('../../web/', import.meta.url);
const DEMO = new URL('demo/', WEB);
/** @type {Record<string, import('../../web/demo/texts.js').Messages>} the texts of all languages, by their tags */
const TEXTS = {};
for (const [tag, load] of Object.entries(LANGUAGES)) TEXTS[tag] = await load();
const ENGLISH = TEXTS.en;
const sources = readdirSync(DEMO, { recursive: true }).map(String)
  .filter((name) => name.endsWith('.js') && !name.startsWith('texts'))
  .map((name) => ({ name, source: readFileSync(new URL(name, DEMO), 'utf8') }));
const elements = elementsIn(readFileSync(new URL('index.html', WEB), 'utf8'));
const styles = readdirSync(WEB).filter((name) => name.endsWith('.css')).map((name) => readFileSync(new URL(name, WEB), 'utf8'));

/** Keys that the page puts together. */
const COMPOSED = [
  ...Object.keys(ENGLISH).filter((key) => key.startsWith('close.')),
  ...KINDS.map((kind) => `kind.${kind}`),
  ...['websocket', 'httpStream', 'httpPoll', 'datagrams'].map((transport) => `transport.${transport}`),
  ...['join', 'leave', 'record'].map((kind) => `marker.${kind}`),
  ...['play', 'pause', 'again'].flatMap((action) => [`replay.${action}`, `replay.${action}Hint`]),
];
/** Attributes with a text, and the attributes that name this text. */
const ATTRIBUTES = { 'aria-label': 'data-label', title: 'data-title', placeholder: 'data-placeholder' };

beforeEach(async () => void await chooseLanguage(['en']));

/** @param {import('../../web/demo/texts.js').Message} message */
function parametersOf(message) {
  const forms = typeof message === 'string' ? [message] : Object.values(message);
  return [...new Set(forms.flatMap((form) => form?.match(/\{\w+\}/g) ?? []))].sort();
}

test('every language has the same texts with the same parameters', () => {
  for (const [tag, messages] of Object.entries(TEXTS)) {
    assert.deepEqual(Object.keys(messages), Object.keys(ENGLISH), tag);
    for (const [key, message] of Object.entries(messages)) {
      assert.deepEqual(parametersOf(message), parametersOf(ENGLISH[key]), `${tag}: ${key}`);
      assert.equal(typeof message, typeof ENGLISH[key], `${tag}: ${key} has plural forms in both languages or in none`);
    }
  }
});

test('plural forms are those of the language', () => {
  for (const [tag, messages] of Object.entries(TEXTS)) {
    const { pluralCategories } = new Intl.PluralRules(tag).resolvedOptions();
    // In Spanish, `many` is for millions, which the page does not count.
    const expected = pluralCategories.filter((category) => category !== 'many').sort();
    for (const [key, message] of Object.entries(messages)) {
      if (typeof message !== 'string') assert.deepEqual(Object.keys(message).sort(), expected, `${tag}: ${key}`);
    }
  }
});

test('every text is used, and every used text exists', () => {
  const inPage = elements.flatMap(({ attributes }) => (
    ['data-text', ...Object.values(ATTRIBUTES)].map((name) => attributes[name]).filter(Boolean)
  ));
  const groups = [...new Set(Object.keys(ENGLISH).map((key) => key.split('.')[0]))].join('|');
  const quoted = new RegExp(`'((?:${groups})\\.\\w+)'`, 'g');
  const inCode = sources.flatMap(({ source }) => [...source.matchAll(quoted)].map(([, key]) => key));
  const used = new Set([...inPage, ...inCode, ...COMPOSED]);
  assert.deepEqual(Object.keys(ENGLISH).filter((key) => !used.has(key)), [], 'these are not used');
  assert.deepEqual([...used].filter((key) => !Object.hasOwn(ENGLISH, key)), [], 'these do not exist');
});

test('each close code has the text of the netcode, as a sentence', () => {
  for (let code = 1000; code < 5000; code += 1) {
    const { text: reason } = closeReason(code);
    const isKnown = !reason.includes(String(code));
    assert.equal(ENGLISH[`close.${code}`], isKnown ? `${reason[0].toUpperCase()}${reason.slice(1)}.` : undefined);
  }
});

test('the texts in index.html are the English ones', () => {
  for (const { attributes, children } of elements) {
    if (attributes['data-text']) {
      let index = 0;
      const content = children.map((child) => (typeof child === 'string' ? child : `{${index += 1}}`)).join('');
      assert.equal(content.replace(/\s+/g, ' ').trim(), ENGLISH[attributes['data-text']]);
    }
    for (const [name, key] of Object.entries(ATTRIBUTES)) {
      assert.equal(attributes[name], attributes[key] && ENGLISH[attributes[key]], `${name} of #${attributes.id}`);
    }
  }
});

test('index.html has no text without a key', () => {
  /** The name of the project, and names of keys and buttons. */
  const untranslated = /^(tickcast( arena)?|F3|LT|RT)$/;
  const texts = elements.filter(({ attributes }) => !attributes['data-text']).flatMap(({ children }) => children);
  const words = texts.filter((child) => typeof child === 'string' && /\p{L}{2}/u.test(child));
  assert.deepEqual(words.map((word) => String(word).trim()).filter((word) => !untranslated.test(word)), []);
});

/** Comments and strings of JavaScript. The groups are the content of a string and that of a template. */
const LITERAL = /\/\/.*|\/\*[^]*?\*\/|'((?:\\.|[^'\\\n])*)'|`((?:\\.|[^`\\])*)`/g;
/** A phrase, a capitalized word, or a word with punctuation. */
const PHRASE = /\p{Ll}[,.:]? \p{L}|^\p{Lu}\p{Ll}|\p{L}{2}[.!?…’]$/u;
/** Strings for the browser: names of keys, events, classes and headers, queries, media types, fonts. */
const TECHNICAL = new RegExp(`^(${[
  '(Key|Arrow|Shift|Digit|Numpad)[A-Z0-9]\\w*', 'Space', 'Escape', 'Backquote', 'AbortError', 'Content-Type', 'Profile ', 'Bearer ',
  '(secondary|plain|close) small( danger)?', 'input, select.*', '#help tr', '\\(.*\\)', '(replay|close|kind|marker|transport)\\.',
  'translate.*', 'radial-gradient.*', 'ui-sans-serif.*',
].join('|')})$`);
/** Literals in the argument of a function that shows it. */
const SHOWN = /\b(?:setText\([^,]+,|toast\.show\(|(?:fill|stroke)Text\(|createElement\([^,]+,[^,]+,) ?['`][^'`]*\p{L}{2}/u;

test('neither code nor style sheets contain words for the user', () => {
  const words = sources.flatMap(({ name, source }) => {
    const code = source.replace(/new Error\(.*\)/g, '');
    const literals = [...code.matchAll(LITERAL)].map(([, string, template]) => string ?? template ?? '');
    const phrases = literals.map((literal) => literal.replace(/\$\{[^}]*\}/g, ''))
      .filter((literal) => PHRASE.test(literal) && !TECHNICAL.test(literal));
    const shown = code.replace(/\$\{[^}]*\}/g, '').split('\n').filter((line) => SHOWN.test(line));
    return [...phrases, ...shown].map((word) => `${name}: ${word}`);
  });
  assert.deepEqual(words, []);
  for (const sheet of styles) assert.doesNotMatch(sheet, /\bcontent: [^;\n]*"[^";\n]*\p{L}{2}/u);
});

test('the first language that has a translation is chosen, in the script of the reader', async () => {
  assert.equal(await chooseLanguage(['de-CH', 'en']), 'de');
  assert.equal(await chooseLanguage(['fr', 'es-MX']), 'es');
  assert.equal(await chooseLanguage(['zh-TW']), 'zh-Hant');
  assert.equal(await chooseLanguage(['zh-HK']), 'zh-Hant');
  assert.equal(await chooseLanguage(['zh-CN', 'ja']), 'ja');
  assert.equal(await chooseLanguage(['x', '', '../de', 'fr']), 'en');
  assert.equal(await chooseLanguage([]), 'en');
});

test('numbers, plural forms, units and lists follow the language', async () => {
  assert.equal(text('hud.kills', { count: 1 }), '1 kill');
  assert.equal(text('hud.kills', { count: 1234 }), '1,234 kills');
  assert.equal(unitText(1.25, 'hour', 'short', 1), '1.3 hr');
  assert.equal(listText(['Ada', 'Bob', 'Cleo']), 'Ada, Bob, and Cleo');
  await chooseLanguage(['de']);
  assert.equal(text('hud.kills', { count: 1234 }), '1.234 Abschüsse');
  assert.equal(numberText(2.36, 1), '2,4');
  await chooseLanguage(['es']);
  assert.equal(numberText(1234.5, 1), '1234,5');
  await chooseLanguage(['es-MX']);
  assert.equal(numberText(1234.5, 1), '1,234.5', 'the number format is that of the region');
  await chooseLanguage(['ja']);
  assert.equal(text('hud.kills', { count: 1 }), '撃破 1');
  assert.equal(joined('A', '', 'B'), 'A、B');
});

test('the value of a parameter is not a template', () => {
  assert.equal(text('feed.kill', { killer: '{victim}', victim: '$& {killer}' }), '{victim} destroyed $& {killer}');
});
