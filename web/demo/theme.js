// @ts-check
// The colours, type and shapes that everything drawn on a canvas has in common; `style.css` holds the same for the page.
//
// Amber is the player's own and nobody else's. Other players are told apart by hue (a palette after Okabe and Ito that
// holds for colour-blind eyes, lightened for a dark ground) and by the marking on their hull.

/** Colours with a meaning. */
export const COLOURS = Object.freeze({
  ink: '#060a14',
  hullInk: '#0d1526',
  own: '#ffc24b',
  text: '#e9f0fb',
  quiet: '#93a4bf',
  faint: '#4a5a78',
  danger: '#ff6b57',
  orb: '#7df0c6',
  shield: '#bfe4ff',
  border: '#6fa8ff',
  rock: '#27324a',
  rockLit: '#7f90b0',
  flash: '#ffffff',
});

/** What players other than oneself can be coloured. */
export const PLAYERS = Object.freeze(['#62bdf6', '#f28a5f', '#39c79b', '#ee44b0', '#a397ff', '#b9d4e8']);

/** How many markings hulls carry; it shares no factor with the number of colours, so that the two together repeat late. */
export const MARKINGS = 5;

/** The type of everything that is written on a canvas. */
export const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/**
 * The colour of a player's things. Seats are given away in order; every round through the colours begins one further on, so
 * that few drones between two people do not make them look alike.
 * @param {number} player
 * @param {boolean} isOwn
 */
export function playerColour(player, isOwn) {
  return isOwn ? COLOURS.own : PLAYERS[(player + Math.floor(player / PLAYERS.length)) % PLAYERS.length];
}

/**
 * Which marking a player's hull carries, from 0.
 * @param {number} player
 */
export function playerMarking(player) {
  return player % MARKINGS;
}

/**
 * A fraction of a colour.
 * @param {string} hex `#rrggbb`
 * @param {number} alpha
 */
export function withAlpha(hex, alpha) {
  const number = Number.parseInt(hex.slice(1), 16);
  return `rgba(${number >> 16}, ${(number >> 8) & 255}, ${number & 255}, ${alpha})`;
}
