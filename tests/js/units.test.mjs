// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Angle, Controls, Grid, Position, Tick, closeReason, divideRounded, ids, isPlayerName, isRoomName,
} from '../../web/netcode/index.js';
import { SERVER_CLOSE_CODES } from '../../web/netcode/close.js';
import { ONE, sin } from '../../web/netcode/sine.js';
import { readFileSync } from 'node:fs';

const LAST = 2 ** 32 - 1;

test('ticks compare across the wrap', () => {
  assert.ok(Tick.isNewerThan(2, LAST));
  assert.ok(!Tick.isNewerThan(LAST, 2));
  assert.equal(Tick.since(2, LAST), 3);
  assert.equal(Tick.since(LAST, 2), -3);
  assert.equal(Tick.plus(0, -1), LAST);
  assert.equal(Tick.next(LAST), 0);
});

test('turns take the shorter way', () => {
  assert.equal(Angle.stepsTo(1000, 24), 48);
  assert.equal(Angle.stepsTo(24, 1000), -48);
  assert.equal(Angle.stepsTo(0, 512), -512);
  assert.equal(Angle.turnedTowards(10, 1000, 20), 1014);
  assert.equal(Angle.turnedTowards(10, 12, 20), 12);
  assert.equal(Angle.fromRadians(-Math.PI / 2), 768);
});

test('division rounds halves up', () => {
  const quotients = Array.from({ length: 13 }, (_, at) => divideRounded(at - 6, 4));
  assert.deepEqual(quotients, [-1, -1, -1, -1, 0, 0, 0, 0, 1, 1, 1, 1, 2]);
});

test('the sine table holds rounded sines', () => {
  for (let steps = -1024; steps < 2048; steps += 1) {
    const exact = ONE * Math.sin((steps * 2 * Math.PI) / 1024);
    const rounded = Math.sign(exact) * Math.round(Math.abs(exact));
    assert.equal(sin(steps), rounded + 0, `at ${steps} steps`);
  }
});

test('controls round-trip through their encoding', () => {
  const valid = Array.from({ length: 65_536 }, (_, bits) => bits).filter((bits) => {
    const controls = Controls.fromBits(bits);
    return controls !== null && Controls.toBits(controls) === bits;
  });
  assert.equal(valid.length, (1024 + 3) * 8 * 4);
});

test('positions beyond the edge belong to the edge cells', () => {
  const grid = new Grid(1000 * Position.UNIT, 128);
  assert.deepEqual(grid.everything(), { left: 0, top: 0, right: 7, bottom: 7 });
  assert.deepEqual(grid.cell({ x: -5, y: 99_999_999 }), { column: 0, row: 7 });
  assert.deepEqual(grid.cell({ x: 128 * Position.UNIT, y: 128 * Position.UNIT - 1 }), { column: 1, row: 0 });
  assert.ok(grid.isInView({ left: 0, top: 0, right: 0, bottom: 0 }, { x: -1, y: 5 }));
  assert.ok(!grid.isInView({ left: 0, top: 0, right: 0, bottom: 0 }, { x: 128 * Position.UNIT, y: 5 }));
});

test('the shooter of a bullet is derived from its id', () => {
  for (const player of [0, 7, 4095, 8191]) {
    for (let shot = 0; shot < 8; shot += 1) {
      assert.equal(ids.shooter(ids.bullet(ids.ship(player), shot, 3)), player);
    }
  }
});

test('names are validated as in Rust', () => {
  assert.ok(isRoomName('Duel_1-a'));
  ['', 'a b', 'é', 'x'.repeat(33), 'x\n'].forEach((name) => assert.ok(!isRoomName(name), name));
  assert.ok(isPlayerName('ü'.repeat(32)));
  assert.ok(!isPlayerName('ü'.repeat(33)));
});

test('close codes and texts match the Rust crate', () => {
  const rust = readFileSync(new URL('../../protocol/src/message/close_reason.rs', import.meta.url), 'utf8');
  const reasons = [...rust.matchAll(/^ +\w+ = (\d+), "\w+", "([^"]+)";$/gm)];
  assert.deepEqual(reasons.map(([, code]) => Number(code)), [...SERVER_CLOSE_CODES]);
  reasons.forEach(([, code, text]) => assert.equal(closeReason(Number(code)).text, text));
});

test('a client reconnects after the close codes for which the specification says so', () => {
  const specification = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');
  const rows = [...specification.matchAll(/^\| (\d{4}) \| `\w+` \|.*\| (yes|no)\b[^|]*\|$/gm)];
  SERVER_CLOSE_CODES.forEach((code) => assert.ok(rows.some((row) => Number(row[1]) === code), `${code} is specified`));
  rows.forEach(([, code, answer]) => assert.equal(closeReason(Number(code)).reconnect, answer === 'yes', code));
});

test('a lost connection is retried, a full room or a protocol error is not', () => {
  assert.ok(closeReason(1006).reconnect);
  assert.ok(closeReason(1001).reconnect);
  assert.ok(!closeReason(4003).reconnect);
  assert.ok(!closeReason(1007).reconnect);
  assert.match(closeReason(4999).text, /4999/);
});

test('the delay of a close reason is the one that its text states, and 2 s for an overloaded server', () => {
  assert.equal(closeReason(4007).retryAfterMs, 2000);
  for (const code of SERVER_CLOSE_CODES.filter((code) => code !== 4007)) {
    const { text, retryAfterMs, reconnect } = closeReason(code);
    const seconds = Number(/try again in (\d+) s/.exec(text)?.[1] ?? 0);
    assert.equal(retryAfterMs, seconds * 1000, text);
    assert.ok(reconnect || seconds === 0, text);
  }
});

test('bullet ids stay in range for any ship id', () => {
  assert.equal(ids.bullet(ids.SHIPS - 1, 7, 3), ids.BULLETS_END - 1);
  assert.equal(ids.bullet(ids.LIMIT - 1, 7, 3), ids.SCENERY_END - 1);
});
