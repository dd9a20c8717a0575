// @ts-check
// Texts for positions and durations.

import { unitText } from '../texts.js';

/**
 * As on a clock: `1:05`, `1:00:05`.
 * @param {number} seconds
 */
export function clockText(seconds) {
  const { hours, minutes, rest } = partsOf(seconds);
  const padded = (/** @type {number} */ number) => String(number).padStart(2, '0');
  return hours > 0 ? `${hours}:${padded(minutes)}:${padded(rest)}` : `${minutes}:${padded(rest)}`;
}

/**
 * In words, for screen readers: `1 minute 5 seconds`.
 * @param {number} seconds
 */
export function spokenText(seconds) {
  const { hours, minutes, rest } = partsOf(seconds);
  const parts = [unitText(rest, 'second', 'long')];
  if (minutes > 0) parts.unshift(unitText(minutes, 'minute', 'long'));
  if (hours > 0) parts.unshift(unitText(hours, 'hour', 'long'));
  return parts.join(' ');
}

/** @param {number} seconds */
function partsOf(seconds) {
  const whole = Math.max(Math.floor(seconds), 0);
  return { hours: Math.floor(whole / 3600), minutes: Math.floor(whole / 60) % 60, rest: whole % 60 };
}
