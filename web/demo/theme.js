// @ts-check
// Colours and fonts of everything drawn on canvases. `style.css` defines the same colours and fonts for the page.
//
// Amber is reserved for the local player. Other players are distinguished by hue and by a marking on their hull. The hues are
// from the palette of Okabe and Ito for colour vision deficiencies, lightened for a dark background.
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

/** Number of hull markings. It is coprime to the number of colours, so that many players have distinct combinations of both. */
export const MARKINGS = 5;

/** Font of all text on canvases. */
export const FONT = 'ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif';

/**
 * The colour of a player. Ids are assigned in order, so players with consecutive ids get different colours. Each cycle through
 * the colours starts one colour later than the previous cycle. Players whose ids differ by the number of colours therefore get
 * different colours, too.
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
