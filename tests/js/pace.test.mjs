// @ts-check
// A room with pace on demand: ticks take different times, and the lead is one tick.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Controls, Interpolation, LocalPlayer, Replica, TickClock } from '../../web/netcode/index.js';
import { Uplink } from '../../web/netcode/uplink.js';
import { change, shipAt, snapshotOf, welcomeOf } from './world.mjs';

const PLAYER = 0;
const THRUST = { ...Controls.NONE, thrust: true };

/** A client that has received the full snapshot of tick 100 at time 0. */
class Client {
  constructor() {
    const welcome = { ...welcomeOf(PLAYER), pace: 'onDemand' };
    this.replica = new Replica(welcome);
    this.clock = new TickClock(welcome.tickRate, welcome.pace);
    this.localPlayer = new LocalPlayer(PLAYER, this.replica, this.clock);
    this.interpolation = new Interpolation(welcome.rules, this.clock);
    this.uplink = new Uplink({ width: 0, height: 0 });
    this.receive(snapshotOf({ full: 100, changes: [change.upsert(PLAYER, shipAt(500, 500))] }), 0);
  }

  /** @param {any} snapshot @param {number} now */
  receive(snapshot, now) {
    const expected = this.localPlayer.predictNextTick(now);
    const effects = this.replica.apply(snapshot);
    this.clock.handleTick(effects.tick, now);
    this.interpolation.push(this.replica, effects, now);
    this.localPlayer.reconcile(effects, snapshot.header.report, expected, now);
  }

  /** @param {any} controls @param {number} now @returns {any} */
  send(controls, now) {
    this.uplink.setControls(controls);
    return this.uplink.pollInput(now, this.localPlayer, this.replica.tick ?? 0);
  }

  /** @param {number} now @returns {number} */
  shipX(now) {
    return this.localPlayer.sample(now).get(PLAYER)?.x ?? NaN;
  }
}

test('the newest tick is drawn at once, and nothing moves until the next one', () => {
  const client = new Client();
  assert.deepEqual([0, 10, 999].map((now) => client.interpolation.tickAt(now)), [100, 100, 100]);
  client.receive(snapshotOf({}), 1000);
  client.receive(snapshotOf({}), 1034);
  assert.equal(client.interpolation.tickAt(1034), 102);
  assert.equal(client.interpolation.takeDueEffects(1034).length, 3);
});

test('an input is stamped for the next tick, however long ago the newest one was', () => {
  const client = new Client();
  assert.equal(client.send(Controls.NONE, 0).tick, 101);
  client.receive(snapshotOf({}), 900);
  assert.equal(client.send(THRUST, 1800).tick, 102);
});

test('an input takes effect at once on the screen, and once only', () => {
  const client = new Client();
  const before = client.shipX(0);
  client.send(THRUST, 0);
  const predicted = client.shipX(1);
  assert.notEqual(predicted, before);
  const report = { stamp: 101, margin: 0 };
  const applied = snapshotOf({ changes: [change.controls(PLAYER, THRUST)] });
  client.receive({ ...applied, header: { ...applied.header, report } }, 80);
  assert.deepEqual([81, 500].map((now) => client.shipX(now)), [predicted, predicted]);
});

test('unchanged controls are not sent again, because an input causes a tick, but ticks are acknowledged', () => {
  const client = new Client();
  assert.ok(client.send(Controls.NONE, 0) !== null);
  assert.equal(client.send(Controls.NONE, 5000), null);
  assert.deepEqual(client.uplink.pollAcknowledgement(5000, client.localPlayer, 100), { kind: 'acknowledge', tick: 100 });
});
