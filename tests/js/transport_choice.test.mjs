// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LossDetector, RETRY_DATAGRAMS_MS, TransportChoice } from '../../web/netcode/index.js';
import { LineLoss } from '../../web/demo/netgraph/line_loss.js';
import { Lcg } from './golden.mjs';

const TICK_MS = 1000 / 30;
const FRAME_MS = 1000 / 60;

/** A page in virtual time that draws frames and receives ticks. */
class Page {
  now = 0;
  choice = new TransportChoice();

  /**
   * Receives ticks. @param {number} ticks @param {(tick: number) => number} delayMs of a tick, in addition to a constant
   * latency. Like TCP, delivers in order
   * @param {number} [frameMs] interval between frames
   */
  play(ticks, delayMs, frameMs = FRAME_MS) {
    const start = this.now;
    let arrival = start;
    for (let tick = 1, frame = start; tick <= ticks; tick += 1) {
      arrival = Math.max(arrival, start + tick * TICK_MS + delayMs(tick));
      for (; frame <= arrival; frame += frameMs) {
        this.choice.handlePoll(frame);
      }
      this.now = arrival;
      this.choice.handleTick(this.now, TICK_MS);
    }
  }

  /** Draws frames while no ticks arrive. @param {number} forMs @param {number} [frameMs] */
  wait(forMs, frameMs = FRAME_MS) {
    for (const until = this.now + forMs; this.now < until; this.now += frameMs) {
      this.choice.handlePoll(this.now);
    }
  }
}

/** The delay of a tick on a line that loses some packets, and retransmits them. @param {number} lossPercent */
function lossy(lossPercent) {
  const lcg = new Lcg(3);
  return () => lcg.below(16) - 8 + (lcg.below(1000) < lossPercent * 10 ? 150 : 0);
}

test('a client changes to datagrams if the line loses packets', () => {
  for (const lossPercent of [2, 5, 10]) {
    const page = new Page();
    page.play(300, lossy(lossPercent));
    assert.equal(page.choice.next('websocket', page.now), 'datagrams', `${lossPercent} % loss`);
    assert.equal(page.choice.next('httpStream', page.now), null);
  }
});

test('a client stays with a WebSocket if there is jitter, but no loss', () => {
  const page = new Page();
  const lcg = new Lcg(5);
  page.play(3000, () => lcg.below(40));
  assert.deepEqual([page.choice.lateTicks(page.now), page.choice.next('websocket', page.now)], [0, null]);
});

test('rare losses do not count as a lossy line', () => {
  const page = new Page();
  page.play(3000, (tick) => (tick % 200 === 0 ? 150 : 0));
  assert.equal(page.choice.next('websocket', page.now), null);
});

test('a page that stops for some time does not count ticks as late', () => {
  const page = new Page();
  // Ticks that arrived while the page stood still are handled together, like those behind a lost packet.
  page.play(300, (tick) => (Math.ceil(tick / 10) * 10 - tick) * TICK_MS, 10 * TICK_MS);
  assert.equal(page.choice.lateTicks(page.now), 0);
});

test('a server that skips ticks does not look like a lossy line', () => {
  const detector = new LossDetector();
  for (let tick = 1; tick < 300; tick += 1) {
    const at = tick * 3 * TICK_MS;
    for (let ms = 10; ms >= 0; ms -= 1) detector.handlePoll(at - ms * 10);
    detector.handleTick(at, TICK_MS);
  }
  assert.equal(detector.isLossy(300 * 3 * TICK_MS), false);
});

test('a client returns to a WebSocket if no datagrams arrive, but not because the page stood still', () => {
  const page = new Page();
  page.play(30, () => 0);
  page.wait(1000);
  assert.equal(page.choice.next('datagrams', page.now), null);
  page.wait(50);
  assert.equal(page.choice.next('datagrams', page.now), 'websocket');
  const hidden = new Page();
  hidden.play(30, () => 0);
  hidden.wait(1500, 1000);
  assert.equal(hidden.choice.next('datagrams', hidden.now), null);
});

test('after datagrams have failed, they are tried again five minutes later', () => {
  const page = new Page();
  page.play(300, lossy(5));
  page.choice.handleDatagramsFailed(page.now);
  const failedAt = page.now;
  assert.equal(page.choice.next('websocket', page.now), null);
  page.now = failedAt + RETRY_DATAGRAMS_MS - 15_000;
  page.play(300, lossy(5));
  assert.equal(page.choice.next('websocket', page.now), null);
  page.play(300, lossy(5));
  assert.equal(page.choice.next('websocket', page.now), 'datagrams');
});

test('late ticks of an earlier connection do not count', () => {
  const page = new Page();
  page.play(300, lossy(5));
  page.choice.handleChange();
  assert.equal(page.choice.next('websocket', page.now), null);
});

test('the loss of datagrams is that of the last five seconds, on the current socket', () => {
  const loss = new LineLoss();
  assert.equal(loss.percent, null);
  const add = (/** @type {number} */ s, /** @type {number} */ ticks, /** @type {number} */ datagrams) => (
    loss.add({ ticks, datagrams }, s * 1000)
  );
  add(0, 0, 0);
  add(5, 100, 90);
  assert.equal(loss.percent, 10);
  add(10, 200, 190);
  assert.equal(loss.percent, 0);
  add(11, 3, 3);
  add(12, 33, 34);
  assert.equal(loss.percent, 0, 'a duplicate is not a negative loss');
  loss.add(null, 13_000);
  assert.equal(loss.percent, null);
});
