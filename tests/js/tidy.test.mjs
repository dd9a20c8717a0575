// @ts-check
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const FOLDER = new URL('../../web/netcode/', import.meta.url);
const sources = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.js'))
  .map((name) => ({ name, text: readFileSync(new URL(name, FOLDER), 'utf8') }));

/** Patterns of side effects that the netcode must not have. */
const CLOCKS = 'Date\\.|performance\\.|setTimeout|setInterval|requestAnimationFrame|Math\\.random';
const IMPURE = new RegExp(`\\b(${CLOCKS}|document\\.|window\\.|fetch\\(|new WebSocket)`);

test('the netcode uses no clock and no DOM', () => {
  assert.ok(sources.length > 10);
  sources.forEach(({ name, text }) => assert.doesNotMatch(text, IMPURE, name));
});

test('every module is type-checked and within the line width', () => {
  for (const { name, text } of sources) {
    assert.ok(text.startsWith('// @ts-check\n'), name);
    text.split('\n').forEach((line, at) => assert.ok(line.length <= 124, `${name}:${at + 1} is too long`));
  }
});

test('modules import only each other', () => {
  for (const { name, text } of sources) {
    for (const [, from] of text.matchAll(/from '([^']+)'/g)) {
      assert.match(from, /^\.\/[a-z_]+\.js$/, `${name} imports ${from}`);
    }
  }
});
