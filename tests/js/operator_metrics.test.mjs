// @ts-check
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, percentile99 } from '../../src/http/operator/page/metrics.js';

/** A page with these counts in the buckets of a histogram. @param {number[]} counts */
const page = (...counts) => parse(`# TYPE x_seconds histogram
x_seconds_bucket{le="0.001"} ${counts[0]}
x_seconds_bucket{le="0.002"} ${counts[1]}
x_seconds_bucket{le="+Inf"} ${counts[2]}
x_rooms 3
# EOF
`);

test('samples are parsed and comments ignored', () => {
  const samples = page(1, 2, 3);
  assert.deepEqual([samples.size, samples.get('x_rooms')], [4, 3]);
});

test('the percentile is that of the time between two readings', () => {
  const p99 = (/** @type {number[]} */ before, /** @type {number[]} */ after) => (
    percentile99(page(...before), page(...after), 'x_seconds')
  );
  assert.equal(p99([0, 0, 0], [100, 100, 100]), 0.001);
  assert.equal(p99([900, 900, 900], [998, 1000, 1000]), 0.002, 'what was recorded earlier does not count');
  assert.equal(p99([0, 0, 0], [0, 0, 5]), 0.002, 'the last bucket has no bound');
  assert.equal(p99([7, 7, 7], [7, 7, 7]), 0, 'nothing was recorded');
});
