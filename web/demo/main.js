// @ts-check
// Starts everything; no other file does.
//
// The address can say: `?room=NAME` which room, `?name=NAME` what one is called, `?play` to join at once with that name,
// and `?spectate` to watch without a ship.
//
// `window.tickcast.state()` tells tests what is going on. It returns a copy that holds nothing but JSON:
//   phase      'menu' | 'connecting' | 'playing' | 'dead' | 'watching' | 'closed'
//   tick       the newest tick received, or null
//   player     one's own seat, or null
//   room       its name
//   entities   how many there are in view: { ships, bullets, rocks, orbs }
//   own        one's own ship as it is drawn, a `ShipView` of scene.js, or null
//   others     the other ships as they are drawn
//   members    who is in the room, best first: { player, name, isDrone, isOwn, score, kills, deaths }
//   rttMs      the round trip time, or null
//   checksums  how many were compared with the server's, and were right
//   recoveries how often everything had to be asked for anew
//   closeText  why the connection ended; empty while it has not
//   errors     what the netcode refused lately

import { isRoomName } from '../netcode/index.js';
import { Camera } from './camera.js';
import { Hud } from './hud.js';
import { Debug } from './hud/debug.js';
import { Input } from './input.js';
import { Menu, fittingName, remembered } from './menu.js';
import { element, write } from './page.js';
import { Renderer } from './render.js';
import { Session } from './session.js';
import { nothing } from './session/views.js';

/** How fast the sky drifts behind the menu, in units per millisecond. */
const DRIFT = 0.03;

const query = new URLSearchParams(location.search);
const asked = { room: query.get('room') ?? '', name: query.get('name') ?? '', watches: query.has('spectate') };
const room = isRoomName(asked.room) ? asked.room : '';
const calm = window.matchMedia('(prefers-reduced-motion: reduce)');
const canvas = element('world', HTMLCanvasElement);
const camera = new Camera();
const renderer = new Renderer(canvas, camera, calm);
const hud = new Hud(camera);
const debug = new Debug();
const input = new Input(canvas);
const menu = new Menu(play);
let name = fittingName(asked.name || remembered());
/** @type {Session | null} */
let session = null;
let scene = emptyScene();

/** @param {string} chosen what one wants to be called */
function play(chosen) {
  name = chosen;
  menu.stop();
  session?.stop();
  session = new Session({ url: address(), room, name, watches: asked.watches }, camera.viewport(), () => input.held());
  session.start();
  input.start();
}

function leave() {
  input.stop();
  session?.stop();
  session = null;
  menu.start(name, asked.room);
}

function address() {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (room) url.searchParams.set('room', room);
  return url.href;
}

function frame() {
  const nowMs = performance.now();
  if (renderer.resize()) session?.connection.setViewport(camera.viewport());
  scene = session?.frame(nowMs) ?? emptyScene();
  aimCamera(nowMs);
  renderer.draw(scene, nowMs);
  hud.show(scene, nowMs);
  debug.show(session?.connection ?? null, nowMs);
  requestAnimationFrame(frame);
}

/** @param {number} nowMs */
function aimCamera(nowMs) {
  const drift = calm.matches ? 0 : nowMs * DRIFT;
  if (scene.worldSize === 0) camera.lookAt({ x: drift, y: drift / 3 });
  else if (scene.focus) camera.lookAt(scene.focus);
  else camera.showAll(scene.worldSize);
}

/** @returns {import('./scene.js').Scene} what there is to see before one has joined */
function emptyScene() {
  return {
    ...nothing(),
    phase: 'menu',
    tick: null,
    worldSize: 0,
    room: '',
    player: null,
    own: null,
    focus: null,
    members: [],
    happenings: [],
    news: [],
    respawnInMs: 0,
    killer: null,
    following: '',
    rttMs: null,
    silentMs: 0,
    closeText: '',
  };
}

function state() {
  const { phase, tick, player, own, members, rttMs, closeText, ships, bullets, rocks, orbs } = scene;
  const entities = { ships: ships.length, bullets: bullets.length, rocks: rocks.length, orbs: orbs.length };
  const others = ships.filter(({ isOwn }) => !isOwn);
  const errors = session?.errors ?? [];
  const { checksums, recoveries } = session?.connection.statistics ?? { checksums: 0, recoveries: 0 };
  const seen = { phase, tick, player, room: scene.room, entities, own, others, members };
  return structuredClone({ ...seen, rttMs, checksums, recoveries, closeText, errors });
}

function start() {
  Object.defineProperty(window, 'tickcast', { value: Object.freeze({ state }) });
  const again = element('again', HTMLButtonElement);
  const rename = element('rename', HTMLButtonElement);
  again.addEventListener('click', () => play(name));
  rename.addEventListener('click', leave);
  if (asked.watches) {
    write(again, 'Watch again');
    rename.hidden = true;
  }
  renderer.resize();
  debug.start();
  if (asked.watches || query.has('play')) play(name);
  else menu.start(asked.name, asked.room);
  requestAnimationFrame(frame);
}

start();
