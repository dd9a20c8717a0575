// @ts-check
/** The page of Sumo. All discs are drawn as the client predicts them, because they push each other. */

import { Client, LaggedSocket, Presses, wasmGame } from './tickcast.js';

/** In world units, as in the rules: radius of a disc, radius of the ring between two fights, and side of the visible square. */
const [RADIUS, RING, SIDE] = [28, 400, 1000];
/** Units of the ring's radius in a world unit, and ticks per second. */
const [UNIT, TICK_RATE] = [64, 30];
const COLOURS = ['#e4572e', '#17bebb', '#ffc914', '#76b041', '#c77dff', '#4ea8de', '#ff70a6', '#b8c0cc'];
/** Directions of keys. @type {Record<string, [x: number, y: number]>} */
const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  KeyA: [-1, 0], KeyD: [1, 0], KeyW: [0, -1], KeyS: [0, 1],
};

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas'));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
const status = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));
const ranking = /** @type {HTMLElement} */ (document.querySelector('ol'));
const keys = new Presses();
/** Where a finger or the pressed mouse is, in world units. @type {{ x: number, y: number } | null} */
let finger = null;
/** The newest message about the fight, and when it disappears. */
let [news, newsUntil] = ['', 0];

// `?room=NAME` joins a room, `?name=NAME` sets the name of the player, and `?latency=MS` simulates a slow connection.
const parameters = new URLSearchParams(location.search);
const room = parameters.get('room');
const latencyMs = Number(parameters.get('latency') ?? 0);
const environment = {
  now: () => performance.now(),
  random: () => Math.random(),
  schedule: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
};
const client = new Client({
  game: wasmGame(await WebAssembly.compileStreaming(fetch('game.wasm'))),
  url: new URL(room ? `ws?room=${encodeURIComponent(room)}` : 'ws', location.href).href.replace(/^http/, 'ws'),
  role: { kind: 'player', name: parameters.get('name') ?? 'Player' },
  viewport: { width: SIDE, height: SIDE },
  openSocket: (url, protocol) =>
    new LaggedSocket(new WebSocket(url, protocol), { latencyMs, jitterMs: latencyMs / 4, stallMs: 0, lossPercent: 0 }, environment),
  ...environment,
});

/** The controls of the rules: 0, or 1 plus 16ths of a turn. @param {{ x: number, y: number } | null} avatar @returns {any} */
function controls(avatar) {
  const sum = [...keys.sample()].map((key) => KEYS[key]).reduce(([x, y], [dx, dy]) => [x + dx, y + dy], [0, 0]);
  const [x, y] = finger && avatar ? [finger.x - avatar.x, finger.y - avatar.y] : sum;
  return x === 0 && y === 0 ? 0 : 1 + ((Math.round((Math.atan2(y, x) * 8) / Math.PI) + 16) % 16);
}

function frame() {
  const now = performance.now();
  const { avatar, entities } = client.connection.sampleLocal(now);
  client.setControls(controls(avatar));
  prepareCanvas();
  const drawn = [...client.connection.sampleRemote(now).values(), ...entities.values()];
  const ring = /** @type {any} */ (drawn.find(({ kind }) => kind !== 'disc')?.entity);
  drawCircle(0, 0, ring?.kind === 'ring' ? ring.value / UNIT : RING, '#d9b382');
  drawn.filter(({ kind }) => kind === 'disc').forEach((disc) => drawDisc(disc, disc.id === avatar?.id));
  client.connection.takeDueEffects(now).flatMap(({ events }) => events).forEach((event) => report(event, now));
  status.textContent = statusText(ring, avatar !== null, now);
  updateRanking();
  requestAnimationFrame(frame);
}

/** @param {any} ring @param {boolean} isIn @param {number} now */
function statusText(ring, isIn, now) {
  if (client.state !== 'connected') return client.closeReason?.text ?? client.state;
  if (now < newsUntil) return news;
  if (ring?.kind === 'break') return `The next fight begins in ${Math.ceil(ring.value / TICK_RATE)} s`;
  return isIn ? 'Push the others out of the ring: WASD, arrow keys, or a finger' : 'You join the next fight';
}

/** @param {any} event @param {number} now */
function report(event, now) {
  news = event.kind === 'out' ? `${nameOf(event.value)} is out` : `${nameOf(event.value)} wins!`;
  newsUntil = now + 2000;
}

/** @param {number | null} player */
function nameOf(player) {
  return player === null ? 'Nobody' : client.connection.replica?.players.get(player)?.name ?? `Player ${player}`;
}

function updateRanking() {
  const players = [...client.connection.replica?.players.values() ?? []];
  const best = players.sort((a, b) => Number(b.standing) - Number(a.standing)).slice(0, 8);
  const texts = best.map(({ name, standing }) => `${name}: ${standing}`);
  if (ranking.innerText === texts.join('\n')) return;
  ranking.replaceChildren(...texts.map((text) => Object.assign(document.createElement('li'), { textContent: text })));
}

/** Fits the ring into the window. From then on, coordinates are world units, and the centre of the ring is the origin. */
function prepareCanvas() {
  const { innerWidth, innerHeight, devicePixelRatio } = window;
  canvas.width = innerWidth * devicePixelRatio;
  canvas.height = innerHeight * devicePixelRatio;
  const scale = Math.min(canvas.width, canvas.height) / SIDE;
  context.setTransform(scale, 0, 0, scale, canvas.width / 2, canvas.height / 2);
}

/** @param {number} x @param {number} y @param {number} radius @param {string} colour */
function drawCircle(x, y, radius, colour) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}

/** The id of a disc is the number of its player. @param {{ id: number, x: number, y: number }} disc @param {boolean} isOwn */
function drawDisc({ id, x, y }, isOwn) {
  drawCircle(x, y, RADIUS, isOwn ? '#ffffff' : '#00000055');
  drawCircle(x, y, RADIUS - 4, COLOURS[id % COLOURS.length]);
  context.textAlign = 'center';
  context.font = '20px system-ui, sans-serif';
  context.fillStyle = '#2b1d14';
  context.fillText(nameOf(id), x, y - RADIUS - 8);
}

/** @param {PointerEvent} event */
function movePointer({ clientX, clientY, buttons }) {
  const place = new DOMPoint(clientX * devicePixelRatio, clientY * devicePixelRatio);
  finger = buttons === 0 ? null : context.getTransform().inverse().transformPoint(place);
}

addEventListener('keydown', ({ code }) => code in KEYS && keys.press(code));
addEventListener('keyup', ({ code }) => keys.release(code));
addEventListener('blur', () => keys.clear());
for (const name of /** @type {const} */ (['pointerdown', 'pointermove', 'pointerup', 'pointercancel'])) {
  canvas.addEventListener(name, movePointer);
}
addEventListener('pagehide', () => client.leave());
Object.assign(window, { client }); // for tests and the browser's console

client.open();
setInterval(() => client.poll(), 250); // because a hidden tab draws no frames
requestAnimationFrame(frame);
