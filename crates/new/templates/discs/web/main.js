// @ts-check
/** The page of {{name}}: connects to a room, reads keyboard and pointer, and draws. */

import { Client, LaggedSocket, Presses, wasmGame } from './tickcast.js';

/** Side length of the field and radius of a disc in world units, as in the rules. */
const FIELD = 1000;
const RADIUS = 25;
/** Directions of keys. @type {Record<string, [x: number, y: number]>} */
const KEYS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1],
  KeyA: [-1, 0], KeyD: [1, 0], KeyW: [0, -1], KeyS: [0, 1],
};

const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector('canvas'));
const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
const status = /** @type {HTMLElement} */ (document.querySelector('[role=status]'));
const keys = new Presses();
/** Where a finger or the pressed mouse is, in world units. @type {{ x: number, y: number } | null} */
let finger = null;

// `?room=NAME` joins a room, `?name=NAME` sets the name of the player, and `?latency=MS` simulates a slow connection.
const parameters = new URLSearchParams(location.search);
const room = parameters.get('room');
const latencyMs = Number(parameters.get('latency') ?? 0);
const network = { latencyMs, jitterMs: latencyMs / 5, stallMs: 0, lossPercent: 0 };
const environment = {
  now: () => performance.now(),
  random: () => Math.random(),
  schedule: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
};
const client = new Client({
  game: wasmGame(await WebAssembly.compileStreaming(fetch('game.wasm'))),
  url: new URL(room ? `ws?room=${encodeURIComponent(room)}` : 'ws', location.href).href.replace(/^http/, 'ws'),
  role: { kind: 'player', name: parameters.get('name') ?? 'Player' },
  viewport: { width: FIELD, height: FIELD },
  openSocket: (url, protocol) => new LaggedSocket(new WebSocket(url, protocol), network, environment),
  ...environment,
});

/**
 * The controls in the form that the rules expect: the direction of the pressed keys, or the direction from the avatar to
 * the finger.
 * @param {{ x: number, y: number } | null} avatar
 */
function controls(avatar) {
  const sum = [...keys.sample()].map((key) => KEYS[key]).reduce(([x, y], [dx, dy]) => [x + dx, y + dy], [0, 0]);
  const [x, y] = finger && avatar ? [finger.x - avatar.x, finger.y - avatar.y] : sum;
  const sign = (/** @type {number} */ length) => (Math.abs(length) * 4 > Math.hypot(x, y) ? Math.sign(length) : 0);
  return { x: sign(x), y: sign(y) };
}

function frame() {
  const now = performance.now();
  const { avatar } = client.connection.sampleLocal(now);
  client.setControls(controls(avatar));
  prepareCanvas();
  client.connection.sampleRemote(now).forEach(({ id, x, y }) => drawDisc(x, y, '#8893a8', labelOf(id)));
  if (avatar) drawDisc(avatar.x, avatar.y, '#4cc2ff', labelOf(avatar.id));
  drawGhost(client.connection.sampleGhost(now));
  status.textContent = client.state === 'connected' ? 'Move with WASD, the arrow keys, or a finger.'
    : client.closeReason?.text ?? client.state;
  requestAnimationFrame(frame);
}

/** The name and the number of hits of a player. The id of an avatar is the number of its player. @param {number} player */
function labelOf(player) {
  const known = client.connection.replica?.players.get(player);
  return known ? `${known.name}: ${known.standing}` : '';
}

/** Fits the field into the window. From then on, coordinates are world units. */
function prepareCanvas() {
  const { innerWidth, innerHeight, devicePixelRatio } = window;
  canvas.width = innerWidth * devicePixelRatio;
  canvas.height = innerHeight * devicePixelRatio;
  const scale = Math.min(canvas.width, canvas.height) / FIELD;
  context.setTransform(scale, 0, 0, scale, (canvas.width - FIELD * scale) / 2, (canvas.height - FIELD * scale) / 2);
  context.fillStyle = '#1b2333';
  context.fillRect(0, 0, FIELD, FIELD);
}

/** @param {number} x @param {number} y @param {string} colour @param {string} label */
function drawDisc(x, y, colour, label) {
  context.beginPath();
  context.arc(x, y, RADIUS, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
  context.textAlign = 'center';
  context.font = '22px system-ui, sans-serif';
  context.fillText(label, x, y - RADIUS - 10);
}

/** Shows where the others see the own disc: the distance to it is what prediction saves. @param {any} ghost */
function drawGhost(ghost) {
  if (!ghost) return;
  context.beginPath();
  context.arc(ghost.x, ghost.y, RADIUS, 0, 2 * Math.PI);
  context.strokeStyle = '#4cc2ff';
  context.stroke();
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
Object.assign(window, { client }); // for the browser's console

client.open();
setInterval(() => client.poll(), 250); // because a hidden tab draws no frames
requestAnimationFrame(frame);
