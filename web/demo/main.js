// @ts-check
// Starts everything; no other file does.
//
// The address can say: `?room=NAME` which room, `?name=NAME` what one is called, `?play` to join at once with that name,
// and `?spectate` to watch without a ship; `?lag=150&jitter=40&stall=500` how bad the line is to be (lab.js), `?lab` and
// `?graph` to show the latency laboratory and the net graph.
//
// `window.tickcast.state()` tells tests what is going on. It returns a copy that holds nothing but JSON:
//   atMs       when the frame was drawn
//   phase      'menu' | 'connecting' | 'playing' | 'dead' | 'watching' | 'returning' | 'closed'
//   tick       the newest tick received, or null
//   player     one's own seat, or null
//   room       its name
//   entities   how many there are in view: { ships, bullets, rocks, orbs }
//   own        one's own ship as it is drawn, a `ShipView` of scene.js, or null
//   others     the other ships as they are drawn
//   members    who is in the room, best first: { player, name, isDrone, isOwn, score, kills, deaths }
//   camera     what it looks at: { x, y, scale }, in units, and CSS pixels per unit
//   rttMs      the round trip time, or null
//   ghost      where the server has one's own ship, if that is shown
//   net        { returns, resumed, leadTicks, delayTicks, jitterTicks, corrections, lateInputs }
//   checksums  how many were compared with the server's, and were right
//   recoveries how often everything had to be asked for anew
//   closeText  why the connection ended; empty while it has not
//   errors     what the netcode refused lately
// `window.tickcast.frameTimes` tells the benchmark how long frames took.
// `window.tickcast.token()` is the token with which the seat can be taken again.

import { isRoomName } from '../netcode/index.js';
import { Calm } from './calm.js';
import { Camera } from './camera.js';
import { FrameTimes } from './frame_times.js';
import { Hud } from './hud.js';
import { Input } from './input.js';
import { Lab } from './lab.js';
import { leaveSeat, takeSeat } from './left_seat.js';
import { Menu, fittingName } from './menu.js';
import { NetGraph } from './netgraph.js';
import { element, write } from './page.js';
import { Options } from './panels/options.js';
import { Share } from './panels/share.js';
import { Renderer } from './render.js';
import { Session } from './session.js';
import { nothing } from './session/views.js';
import { Settings } from './settings.js';
import { Sound } from './sound.js';
import { Spectator } from './spectator.js';
import { Toast } from './toast.js';
import { Toolbar } from './toolbar.js';

/** How fast the sky drifts behind the menu, in units per millisecond. */
const DRIFT = 0.03;

const query = new URLSearchParams(location.search);
const asked = { room: query.get('room') ?? '', name: query.get('name') ?? '', watches: query.has('spectate') };
/** To be let in. A fragment is not sent to any server, and so reaches no log. */
const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
const settings = new Settings();
const calm = new Calm(settings);
const sound = new Sound(settings);
const toast = new Toast();
const canvas = element('world', HTMLCanvasElement);
const camera = new Camera();
const spectator = new Spectator(camera, canvas);
const input = new Input(canvas, () => (scene.own ? camera.toScreen(scene.own.x, scene.own.y) : camera.middle()));
const renderer = new Renderer(canvas, camera, calm);
const hud = new Hud(camera, spectator, input.touch);
const netgraph = new NetGraph();
const lab = new Lab(query);
const options = new Options(settings);
const share = new Share(toast);
const toolbar = new Toolbar({ onShare: () => share.open(scene.room), onLeave: () => leave(''), settings, options, toast });
const menu = new Menu(settings, enter);
const again = element('again', HTMLButtonElement);
/** @type {import('./menu.js').Choice} what was chosen last */
let choice = {
  name: fittingName(asked.name || settings.values.name),
  room: isRoomName(asked.room) ? asked.room : '',
  watches: asked.watches,
};
/** @type {Session | null} */
let session = null;
let scene = emptyScene();
const frameTimes = new FrameTimes();
let frameMs = 0;

/**
 * @param {import('./menu.js').Choice} chosen
 * @param {string | null} [resume] the token of a seat to take again
 */
function enter(chosen, resume = null) {
  choice = chosen;
  const { name, room, watches } = choice;
  menu.stop();
  session?.stop();
  const wish = { url: address(room), room, name, watches, ticket, resume };
  session = new Session(wish, camera.viewport(), () => input.held(), lab);
  session.start();
  write(again, watches ? 'Watch again' : 'Play again');
  if (watches) spectator.start();
  else input.start();
}

/** Whoever loads the page anew plays on. */
function keepSeat() {
  const token = session?.stay.token;
  const isPlaying = ['playing', 'dead', 'returning'].includes(scene.phase);
  if (token && isPlaying) leaveSeat({ name: choice.name, room: scene.room, token });
}

/** @param {string} room where one wants to go next; empty for anywhere */
function leave(room) {
  input.stop();
  spectator.stop();
  session?.stop();
  session = null;
  if (room !== choice.room) showAddress(room, false);
  menu.start(choice.name, room);
}

/** The room that one was put into is the one to come back to, and its address that of the page. */
function settle() {
  if (scene.room === '' || scene.tick === null || scene.room === choice.room) return;
  choice = { ...choice, room: scene.room };
  showAddress(choice.room, choice.watches);
}

/**
 * @param {string} room empty for none
 * @param {boolean} watches
 */
function showAddress(room, watches) {
  const url = new URL(location.href);
  for (const key of ['room', 'spectate', 'name', 'play']) url.searchParams.delete(key);
  if (room) url.searchParams.set('room', room);
  if (room && watches) url.searchParams.set('spectate', '');
  history.replaceState(null, '', url);
}

/** @param {string} room */
function address(room) {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (room) url.searchParams.set('room', room);
  return url.href;
}

function frame() {
  const nowMs = performance.now();
  if (renderer.resize()) session?.stay.setViewport(camera.viewport());
  scene = session?.frame(nowMs) ?? emptyScene();
  settle();
  aimCamera(nowMs);
  renderer.draw(scene, nowMs);
  sound.show(scene, camera);
  hud.show(scene, nowMs);
  toolbar.show();
  netgraph.show(session?.connection ?? null, session?.received.splice(0) ?? [], nowMs);
  document.body.dataset.motion = calm.matches ? 'less' : 'full';
  frameMs = nowMs;
  frameTimes.note(nowMs, performance.now());
  requestAnimationFrame(frame);
}

/** @param {number} nowMs */
function aimCamera(nowMs) {
  const drift = calm.matches ? 0 : nowMs * DRIFT;
  if (scene.worldSize === 0) camera.look({ x: drift, y: drift / 3, scale: 1 });
  else if (scene.focus) camera.look(camera.playLook(scene.focus, scene.worldSize));
  else spectator.show(scene, calm.matches ? Infinity : nowMs - frameMs);
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
    ghost: null,
    focus: null,
    members: [],
    happenings: [],
    news: [],
    respawnInMs: 0,
    respawnMs: 1,
    killer: null,
    rttMs: null,
    silentMs: 0,
    comeback: null,
    closeText: '',
  };
}

function state() {
  const { phase, tick, player, own, members, rttMs, closeText, ships, bullets, rocks, orbs } = scene;
  const entities = { ships: ships.length, bullets: bullets.length, rocks: rocks.length, orbs: orbs.length };
  const others = ships.filter(({ isOwn }) => !isOwn);
  const errors = session?.errors ?? [];
  const { checksums, recoveries } = session?.connection.statistics ?? { checksums: 0, recoveries: 0 };
  const net = session?.net(performance.now()) ?? null;
  const seen = { atMs: frameMs, phase, tick, player, room: scene.room, entities, own, others, members };
  const { x, y, scale } = camera;
  const shown = { ghost: place(scene.ghost), net, camera: { x, y, scale } };
  return structuredClone({ ...seen, ...shown, rttMs, checksums, recoveries, closeText, errors });
}

/** @param {import('./scene.js').GhostView | null} ghost */
function place(ghost) {
  return ghost && { x: ghost.x, y: ghost.y };
}

function start() {
  const token = () => session?.stay.token ?? null;
  Object.defineProperty(window, 'tickcast', { value: Object.freeze({ state, token, frameTimes }) });
  again.addEventListener('click', () => enter(choice));
  window.addEventListener('pagehide', keepSeat);
  element('rename', HTMLButtonElement).addEventListener('click', () => leave(choice.room));
  renderer.resize();
  for (const part of [netgraph, lab, options, share, toolbar]) part.start();
  const left = takeSeat(asked.room);
  if (left) enter({ ...left, watches: false }, left.token);
  else if (asked.watches || query.has('play')) enter(choice);
  else menu.start(asked.name, asked.room);
  if (query.has('graph')) netgraph.toggle();
  requestAnimationFrame(frame);
}

start();
