// @ts-check
// Colours, fonts and shapes used on canvases; `style.css` has the same for the page.
//
// Amber is reserved for the local player. Other players are distinguished by hue, using a palette after Okabe and Ito for
// colour vision deficiencies, lightened for a dark background, and by a marking on their hull.
/** Colours by meaning. */
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

/** Colours of the other players. */
export const PLAYERS = Object.freeze(['#62bdf6', '#f28a5f', '#39c79b', '#ee44b0', '#a397ff', '#b9d4e8']);

/** Number of hull markings; coprime to the number of colours, so that combinations repeat late. */
export const MARKINGS = 5;

/** Font of all text on canvases. */
export const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/**
 * The colour of a player. Ids are assigned in order; every cycle through the colours starts one further on, so that a few AI
 * players in between do not give two players the same colour.
 * @param {number} player
 * @param {boolean} isOwn
 */
export function playerColour(player, isOwn) {
  return isOwn ? COLOURS.own : PLAYERS[(player + Math.floor(player / PLAYERS.length)) % PLAYERS.length];
}

/**
 * The index of the marking on a player's hull.
 * @param {number} player
 */
export function playerMarking(player) {
  return player % MARKINGS;
}

/**
 * A colour with transparency.
 * @param {string} hex `#rrggbb`
 * @param {number} alpha
 */
export function withAlpha(hex, alpha) {
  const number = Number.parseInt(hex.slice(1), 16);
  return `rgba(${number >> 16}, ${(number >> 8) & 255}, ${number & 255}, ${alpha})`;
}
