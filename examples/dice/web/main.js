// @ts-check
/** The page of Liar's Dice. It shows the only entity, the table, and the own dice, which no other page receives. */

import { Client, wasmGame } from './tickcast.js';
/**
 * @typedef {{ player: number, count: number, face: number }} Bid
 * @typedef {{ bid: Bid, doubter: number, loser: number, hands: [number, number[]][] }} Showdown
 * @typedef {{ seats: { player: number, dice: number }[], turn: number | null, bid: Bid | null, showdown: Showdown | null }} Table
 */

/** What the rules answer to a move that they refuse. @type {Record<string, string>} */
const REFUSALS = {
  notYourTurn: 'It is not your turn', tooFewPlayers: 'Two players are needed', gameIsOn: 'The game has begun already',
  noSuchDice: 'There are not so many dice', bidTooLow: 'Bid more dice, or a higher face', nothingToDoubt: 'Nobody has bid yet',
};
/** What the history says about a player. @type {Record<string, string>} */
const EVENTS = { dealt: 'deals', lost: 'loses a die', left: 'has left', won: 'wins the game!' };
const HISTORY_LINES = 30;
/** @param {string} selector @returns {any} */
const find = (selector) => document.querySelector(selector);
const [status, seats, centre, own, alert, history, count] = ['h1', 'ul', '#bid', '#own', 'p', 'ol', 'output'].map(find);
const [faces, less, more, raise, doubt, deal] = ['#faces', '#less', '#more', '#raise', '#doubt', '#deal'].map(find);

// `?room=NAME` joins a room, `?name=NAME` sets the name of the player, and `?spectate` watches.
const parameters = new URLSearchParams(location.search);
const room = parameters.get('room');
const client = new Client({
  game: wasmGame(await WebAssembly.compileStreaming(fetch('game.wasm'))),
  url: new URL(room ? `ws?room=${encodeURIComponent(room)}` : 'ws', location.href).href.replace(/^http/, 'ws'),
  role: parameters.has('spectate') ? { kind: 'spectator' } : { kind: 'player', name: parameters.get('name') ?? 'Player' },
  viewport: { width: 256, height: 256 },
  openSocket: (url, protocol) => new WebSocket(url, protocol),
  now: () => performance.now(),
  random: () => Math.random(),
});
/** The bid that the player is choosing. */
const chosen = { count: 1, face: 1 };
/** What the page shows. It is drawn again when this changes. */
let drawn = '';

function frame() {
  client.poll();
  client.connection.takeDueEffects(performance.now()).flatMap(({ events }) => events).forEach(report);
  const { entities, players, secret } = /** @type {any} */ (client.connection.replica) ?? {};
  const table = /** @type {Table} */ (entities?.values().next().value ?? { seats: [], turn: null, bid: null, showdown: null });
  const state = JSON.stringify([client.state, table, [...secret ?? []], chosen, [...players?.values() ?? []]]);
  if (state !== drawn) draw(table, [...secret ?? []], client.connection.welcome?.seat?.player ?? null);
  drawn = state;
  requestAnimationFrame(frame);
}

/** @param {Table} table @param {number[]} dice @param {number | null} self */
function draw(table, dice, self) {
  status.textContent = statusText(table, self);
  const first = Math.max(table.seats.findIndex(({ player }) => player === self), 0);
  const seated = [...table.seats.slice(first), ...table.seats.slice(0, first)];
  seats.replaceChildren(...seated.map((seat, index) => drawSeat(seat, table, index / seated.length)));
  drawCentre(table);
  own.replaceChildren(...dice.map((face) => die(face, face === table.bid?.face)));
  drawForm(table, self);
}

/** @param {Table} table @param {number | null} self */
function statusText({ seats: { length }, turn }, self) {
  if (client.state !== 'connected') return client.closeReason?.text ?? client.state;
  if (turn !== null) return turn === self ? 'Your turn' : `${nameOf(turn)} is thinking …`;
  return length < 2 ? 'Waiting for another player' : 'The dice can be dealt';
}

/** @param {Table['seats'][0]} seat @param {Table} table @param {number} turn the part of a turn around the table */
function drawSeat({ player, dice }, { turn: current, showdown }, turn) {
  const shown = showdown?.hands.find(([other]) => other === player)?.[1];
  const faces = (shown ?? Array(dice).fill(0)).map((face) => die(face, shown !== undefined && face === showdown?.bid.face));
  const wins = Number(client.connection.replica?.players.get(player)?.standing ?? 0);
  const seat = element('li', element('b', nameOf(player)), element('small', wins ? `★ ${wins}` : ''), element('div', ...faces));
  seat.classList.toggle('turn', player === current);
  seat.classList.toggle('out', faces.length === 0);
  seat.classList.toggle('loser', player === showdown?.loser);
  seat.style.left = `${50 - 39 * Math.sin(turn * 2 * Math.PI)}%`;
  seat.style.top = `${50 + 39 * Math.cos(turn * 2 * Math.PI)}%`;
  return seat;
}

/** The bid in the middle of the table, or how the last round has ended. @param {Table} table */
function drawCentre({ bid, showdown, seats: { length } }) {
  const said = bid ?? showdown?.bid;
  if (!said) return centre.replaceChildren(element('small', length < 2 ? 'Open this page in a second tab' : 'No bid yet'));
  const matching = showdown?.hands.flatMap(([, hand]) => hand).filter((face) => face === said.face).length;
  const end = showdown && `${nameOf(showdown.doubter)} doubted. There are ${matching}: ${nameOf(showdown.loser)} loses a die.`;
  const bidText = element('strong', `${said.count} ×`, die(said.face, false));
  centre.replaceChildren(element('small', `${nameOf(said.player)} bid`), bidText, element('small', end ?? ''));
}

/** @param {Table} table @param {number | null} self */
function drawForm({ seats: { length }, turn, bid }, self) {
  deal.hidden = self === null || turn !== null || length < 2;
  for (const part of [less, count, more, faces, raise, doubt]) part.hidden = self === null || turn !== self;
  doubt.disabled = bid === null;
  raise.disabled = bid !== null && (chosen.count - bid.count || chosen.face - bid.face) <= 0;
  count.textContent = `${chosen.count}`;
  [...faces.children].forEach((button, index) => button.setAttribute('aria-pressed', `${index + 1 === chosen.face}`));
}

/** Adds what has happened to the history, and proposes the next bid. @param {any} event */
function report({ kind, value, player, count: dice = 1, face = 0 }) {
  const text = kind === 'bid' ? `${nameOf(player)}: ${dice} × ${face}` : `${nameOf(value)} ${EVENTS[kind]}`;
  history.prepend(element('li', text));
  history.children[HISTORY_LINES]?.remove();
  Object.assign(chosen, face < 6 ? { count: dice, face: face + 1 } : { count: dice + 1, face: 1 });
}

/** @param {number} player */
function nameOf(player) {
  return client.connection.replica?.players.get(player)?.name ?? 'A player who left';
}

/** @param {string} name @param {...(Node | string)} children */
function element(name, ...children) {
  const created = document.createElement(name);
  created.append(...children);
  return created;
}

/** A die. Face 0: hidden. @param {number} face @param {boolean} isBid */
function die(face, isBid) {
  const image = element('i');
  Object.assign(image, { className: `die face${face}${isBid ? ' match' : ''}`, role: 'img', ariaLabel: `${face || 'hidden'}` });
  return image;
}

/** @param {unknown} move */
async function act(move) {
  const result = /** @type {any} */ (await client.act(move));
  alert.textContent = result.kind === 'refused' ? REFUSALS[result.refusal.kind] : '';
}

for (const face of [1, 2, 3, 4, 5, 6]) {
  faces.append(Object.assign(element('button', die(face, false)), { type: 'button', onclick: () => (chosen.face = face) }));
}
less.onclick = () => (chosen.count = Math.max(chosen.count - 1, 1));
more.onclick = () => (chosen.count += 1);
doubt.onclick = () => act('doubt');
deal.onclick = () => act('deal');
raise.onclick = () => act({ kind: 'bid', ...chosen });
addEventListener('pagehide', () => client.leave());
Object.assign(window, { client }); // for tests and the browser's console

client.open();
setInterval(() => client.poll(), 250); // because a hidden tab draws no frames
requestAnimationFrame(frame);
