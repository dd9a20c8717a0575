// @ts-check
/** Estimator for the mean and deviation of a noisy measurement. */

/** Gains of the exponential moving averages, as in RFC 6298. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Deviations between mean and upper bound, as in RFC 6298. */
const BOUND_DEVIATIONS = 4;

/** Exponentially weighted mean and mean deviation, as TCP estimates its round-trip time (RFC 6298). */
export class MeanDeviation {
  /** @param {number} mean initial mean @param {number} deviation initial mean deviation */
  constructor(mean, deviation) {
    this.mean = mean;
    this.deviation = deviation;
  }

  /** @returns {number} a bound that few samples exceed */
  get upperBound() {
    return this.mean + BOUND_DEVIATIONS * this.deviation;
  }

  /** @param {number} sample */
  add(sample) {
    this.deviation += (Math.abs(sample - this.mean) - this.deviation) * DEVIATION_GAIN;
    this.mean += (sample - this.mean) * MEAN_GAIN;
  }
}
