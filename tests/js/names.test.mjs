// @ts-check
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { truncatedName } from '../../web/demo/menu.js';
import { PLAYER_NAME_BYTES_MAX } from '../../web/netcode/name.js';

const PAGE = readFileSync(new URL('../../web/index.html', import.meta.url), 'utf8');
/** Four emoji that zero-width joiners combine to one: 11 UTF-16 code units, 25 bytes of UTF-8. */
const FAMILY = '\u{1f468}\u200d\u{1f469}\u200d\u{1f467}\u200d\u{1f466}';

test('the field for the name accepts every name that the protocol allows', () => {
  const [field] = PAGE.match(/<input id="name"[^>]*>/) ?? [];
  // `maxlength` counts UTF-16 code units. A name never has more such units than bytes of UTF-8.
  assert.match(field ?? '', new RegExp(`maxlength="${PLAYER_NAME_BYTES_MAX}"`));
});

test('joined emoji are kept or left out as a whole', () => {
  const longest = `fourteen chars${FAMILY}${FAMILY}`;
  assert.equal(truncatedName(longest), longest);
  assert.equal(truncatedName(`fifteen letters${FAMILY}${FAMILY}`), `fifteen letters${FAMILY}`);
  assert.equal(truncatedName(FAMILY.repeat(3)), FAMILY.repeat(2));
});
