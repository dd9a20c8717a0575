// @ts-check
/** What is to be expected of numbers that scatter. */

/** How much of a new number goes into the mean, and of its distance from that into the deviation: RFC 6298 has these. */
const MEAN_GAIN = 1 / 8;
const DEVIATION_GAIN = 1 / 4;
/** How many deviations above the mean hardly any number lies, likewise. */
const DEVIATIONS = 4;

/** The mean and the mean deviation of numbers, where the newest count most: as TCP estimates its round trip (RFC 6298). */
export class Spread {
  /** @param {number} mean what to begin with @param {number} deviation */
  constructor(mean, deviation) {
    this.mean = mean;
    this.deviation = deviation;
  }

  /** @returns {number} what hardly any number exceeds */
  get high() {
    return this.mean + DEVIATIONS * this.deviation;
  }

  /** @param {number} number */
  learn(number) {
    this.deviation += (Math.abs(number - this.mean) - this.deviation) * DEVIATION_GAIN;
    this.mean += (number - this.mean) * MEAN_GAIN;
  }
}
