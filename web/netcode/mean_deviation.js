// @ts-check
/** Estimates the mean and the mean deviation of a noisy measurement. */

/** Gains of the exponential moving averages, as in RFC 6298. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** Number of mean deviations from the mean to the upper bound, as in RFC 6298. */
const BOUND_DEVIATIONS = 4;

/** Exponentially weighted mean and mean deviation, computed as TCP does for round-trip times (RFC 6298). */
export class MeanDeviation {
  /** @param {number} mean initial mean @param {number} deviation initial mean deviation */
  constructor(mean, deviation) {
    this.mean = mean;
    this.deviation = deviation;
  }

  /** @returns {number} a value that few samples exceed */
  get upperBound() {
    return this.mean + BOUND_DEVIATIONS * this.deviation;
  }

  /** @param {number} sample */
  add(sample) {
    this.deviation += (Math.abs(sample - this.mean) - this.deviation) * DEVIATION_GAIN;
    this.mean += (sample - this.mean) * MEAN_GAIN;
  }
}
