// @ts-check
/** The page of {{name}}: shows the table, and the own cards, which no other page receives. */

import { Client, wasmGame } from './tickcast.js';

const SUITS = ['♣', '♦', '♥', '♠'];
const RANKS = ['2', '3', '4', '5', '6', '7', '8', '9', '10', 'J', 'Q', 'K', 'A'];
/** What the rules answer to a move that they refuse. @type {Record<string, string>} */
const REFUSALS = {
  notYourTurn: 'It is not your turn',
  notYourCard: 'You do not have this card',
  doesNotFit: 'This card does not fit',
};

/** @param {string} selector @returns {any} */
const find = (selector) => document.querySelector(selector);
const [status, players, top, hand, draw, alert] = ['h1', 'ul', '#top', '#hand', '#draw', 'p'].map(find);

// `?room=NAME` joins a room, and `?name=NAME` sets the name of the player.
const parameters = new URLSearchParams(location.search);
const room = parameters.get('room');
const client = new Client({
  game: wasmGame(await WebAssembly.compileStreaming(fetch('game.wasm'))),
  url: new URL(room ? `ws?room=${encodeURIComponent(room)}` : 'ws', location.href).href.replace(/^http/, 'ws'),
  role: { kind: 'player', name: parameters.get('name') ?? 'Player' },
  viewport: { width: 256, height: 256 },
  openSocket: (url, protocol) => new WebSocket(url, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
});
/** What the page shows. It is built again when this changes. */
let shown = '';

function frame() {
  client.poll();
  const replica = /** @type {any} */ (client.connection.replica);
  for (const { events } of client.connection.takeDueEffects(performance.now())) {
    for (const { value } of /** @type {any[]} */ (events)) alert.textContent = `${nameOf(value)} wins!`;
  }
  const table = replica?.entities.values().next().value;
  const state = JSON.stringify([client.state, table, replica?.secret, [...replica?.players.values() ?? []]]);
  if (state !== shown) show(table, [...replica?.secret ?? []]);
  shown = state;
  requestAnimationFrame(frame);
}

/** @param {any} table the entity of the rules @param {any[]} cards the secret of the rules */
function show(table, cards) {
  const isTurn = table !== undefined && table.turn === client.connection.welcome?.seat?.player;
  if (client.state !== 'connected') status.textContent = client.closeReason?.text ?? client.state;
  else status.textContent = isTurn ? 'Your turn' : `${nameOf(table?.turn)} is thinking …`;
  players.replaceChildren(...(table?.hands ?? []).map((/** @type {[number, number]} */ [player, count]) => {
    const item = Object.assign(document.createElement('li'), { textContent: `${nameOf(player)}: ${count} cards` });
    item.classList.toggle('turn', player === table.turn);
    return item;
  }));
  top.replaceChildren(...(table ? [cardOf(table.top, 'span')] : []));
  hand.replaceChildren(...cards.map((card) => {
    const button = cardOf(card, 'button');
    const fits = card.suit === table?.top.suit || card.rank === table?.top.rank;
    return Object.assign(button, { disabled: !isTurn || !fits, onclick: () => act({ kind: 'play', ...card }) });
  }));
  draw.disabled = !isTurn;
}

/** @param {{ suit: number, rank: number }} card @param {string} element */
function cardOf({ suit, rank }, element) {
  const created = Object.assign(document.createElement(element), { textContent: `${RANKS[rank]}${SUITS[suit]}` });
  created.className = `card ${suit === 1 || suit === 2 ? 'red' : 'black'}`;
  return created;
}

/** @param {number} player */
function nameOf(player) {
  return client.connection.replica?.players.get(player)?.name ?? 'A player';
}

/** What the player does once. The rules accept or refuse it. @param {any} move */
async function act(move) {
  const result = /** @type {any} */ (await client.act(move));
  alert.textContent = result.kind === 'refused' ? REFUSALS[result.refusal.kind] : '';
}

draw.onclick = () => act('draw');
addEventListener('pagehide', () => client.leave());
Object.assign(window, { client }); // for the browser's console

client.open();
setInterval(() => client.poll(), 250); // because a hidden tab draws no frames
requestAnimationFrame(frame);
