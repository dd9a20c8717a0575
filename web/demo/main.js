// @ts-check
// The entry point, and the only file with side effects on import.
//
// Parameters of the URL:
//   ?room=NAME, ?name=NAME         initial room and player name
//   ?play, ?spectate               join or watch without showing the menu
//   ?lag=150&jitter=40&stall=500   simulated network conditions, see latency_lab.js
//   ?lab, ?graph                   show the latency lab or the net graph
//   #ticket=TICKET                 ticket for servers that require one
//
// For tests, `window.tickcast.state()` returns a copy of the state as plain JSON:
//   atMs       time of the frame
//   phase      'menu' | 'connecting' | 'playing' | 'dead' | 'spectating' | 'reconnecting' | 'closed'
//   tick       the newest tick received, or null
//   player     id of the local player, or null
//   room       name of the room
//   entities   number of visible entities: { ships, bullets, rocks, orbs }
//   own        the local ship as drawn, a `ShipView` of scene.js, or null
//   others     the other ships as drawn
//   players    the players in the room, best first: { player, name, isAi, isOwn, score, kills, deaths }
//   camera     { x, y, scale }: center of the view in units, and CSS pixels per unit
//   rttMs      the round-trip time, or null
//   ghost      position of the ghost, or null
//   net        { reconnects, resumed, leadTicks, delayTicks, jitterTicks, corrections, lateInputs }
//   checksums  number of checksums that matched
//   resyncs    number of resynchronizations
//   closeText  why the connection ended; empty while connected
//   errors     the most recent errors of the netcode
// `window.tickcast.frameTimes` contains the recorded frame times, for tests/browser/frames.mjs.
// `window.tickcast.resumeToken()` is the resume token of the seat.

import { isRoomName } from '../netcode/index.js';
import { Camera } from './camera.js';
import { element } from './dom.js';
import { FrameTimes } from './frame_times.js';
import { Hud } from './hud.js';
import { VERSION_MISMATCH } from './hud/notice.js';
import { Input } from './input.js';
import { LatencyLab } from './latency_lab.js';
import { Menu, truncatedName } from './menu.js';
import { NetGraph } from './netgraph.js';
import { GameMenu } from './panels/game_menu.js';
import { OverlayPanels } from './panels/overlay_panels.js';
import { SettingsDialog } from './panels/settings_dialog.js';
import { ShareDialog } from './panels/share_dialog.js';
import { ReducedMotion } from './reduced_motion.js';
import { Renderer } from './render.js';
import { Session } from './session.js';
import { emptyViews } from './session/views.js';
import { Settings } from './settings.js';
import { Sound } from './sound.js';
import { SpectatorCamera } from './spectator.js';
import { storeSeat, takeStoredSeat } from './stored_seat.js';
import { Toast } from './toast.js';
import { Toolbar } from './toolbar.js';
import { VersionReload } from './version_reload.js';

/** Speed of the sky behind the menu, in units per millisecond. */
const MENU_DRIFT = 0.03;

const query = new URLSearchParams(location.search);
const requested = { room: query.get('room') ?? '', name: query.get('name') ?? '', isSpectator: query.has('spectate') };
/** The ticket is in the URL's fragment. Browsers do not send the fragment to a server, so no server logs the ticket. */
const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
const settings = new Settings();
const reducedMotion = new ReducedMotion(settings);
const sound = new Sound(settings);
const toast = new Toast();
const canvas = element('world', HTMLCanvasElement);
const camera = new Camera();
const spectatorCamera = new SpectatorCamera(camera, canvas);
const input = new Input(canvas, () => (scene.own ? camera.toScreen(scene.own.x, scene.own.y) : camera.center()));
const renderer = new Renderer(canvas, camera, reducedMotion);
const hud = new Hud(camera, spectatorCamera, input.touch, {
  retry: () => session?.client.retry(),
  again: () => join(choice),
  watch: () => watch(choice.room),
  another: () => join({ ...choice, room: '' }),
  reload,
  leave: () => leave(choice.room),
});
const panels = new OverlayPanels();
const netgraph = new NetGraph(panels);
const lab = new LatencyLab(query, panels);
const settingsDialog = new SettingsDialog(settings);
const shareDialog = new ShareDialog(toast);
const toolbar = new Toolbar({ onShare: share, onLeave: askToLeave, onMenu: openGameMenu, settings, settingsDialog, toast });
const gameMenu = new GameMenu({
  onRename: rejoinAs,
  onLeave: () => leave(''),
  panels: {
    'game-menu-share': share,
    'game-menu-options': () => settingsDialog.open(),
    'game-menu-help': () => toolbar.help.showModal(),
  },
});
const versionReload = new VersionReload();
const menu = new Menu(settings, join);
/** @type {import('./menu.js').Choice} the player's last choice */
let choice = {
  name: truncatedName(requested.name || settings.values.name),
  room: isRoomName(requested.room) ? requested.room : '',
  isSpectator: requested.isSpectator,
};
/** @type {Session | null} */
let session = null;
let scene = emptyScene();
const frameTimes = new FrameTimes();
let frameMs = 0;

/**
 * Joins a room.
 * @param {import('./menu.js').Choice} chosen
 * @param {string | null} [resume] the resume token of the seat to resume
 */
function join(chosen, resume = null) {
  choice = chosen;
  const { name, room, isSpectator } = choice;
  menu.stop();
  session?.stop();
  const request = { url: socketUrl(room), room, name, isSpectator, ticket, resume };
  session = new Session(request, camera.viewport(), () => input.controls(), lab);
  session.start();
  input.stop();
  spectatorCamera.stop();
  if (isSpectator) spectatorCamera.start();
  else input.start();
}

/** Stores the seat, so that the page resumes it after a reload. */
function handlePageHide() {
  const token = session?.client.resumeToken;
  const isPlaying = ['playing', 'dead', 'reconnecting'].includes(scene.phase);
  if (token && isPlaying) storeSeat({ name: choice.name, room: scene.room, token });
}

/**
 * Leaves the room and shows the menu.
 * @param {string} nextRoom the room to join next; empty for any room
 */
function leave(nextRoom) {
  input.stop();
  spectatorCamera.stop();
  session?.stop();
  session = null;
  if (nextRoom !== choice.room) updateAddress(nextRoom, false);
  menu.start(choice.name, nextRoom);
}

/** @param {string} room */
function watch(room) {
  updateAddress(room, true);
  join({ ...choice, room, isSpectator: true });
}

/**
 * Joins the room again under another name, in a new seat. A seat keeps its name, because the protocol has no message to
 * change it.
 * @param {string} name
 */
function rejoinAs(name) {
  settings.set({ name });
  join({ ...choice, name });
  toast.show(`You are now ${name}, in a new ship`);
}

function share() {
  shareDialog.open(scene.room);
}

/** Opens the menu of the game. Does nothing if there is no game, or if the notice shows its own buttons. */
function openGameMenu() {
  if (['playing', 'dead', 'spectating'].includes(scene.phase)) gameMenu.open(scene, choice.name);
}

/** Leaves the room. For a player, opens the menu of the game instead, which warns of the loss of the ship. */
function askToLeave() {
  if (scene.phase === 'playing' || scene.phase === 'dead') openGameMenu();
  else leave('');
}

/** Reloads the page. After the reload, the page joins the same room, and resumes the seat if there is one. */
function reload() {
  const { name, room, isSpectator } = choice;
  updateAddress(room, isSpectator);
  if (!isSpectator) storeSeat({ name, room, token: session?.client.resumeToken ?? '' });
  location.reload();
}

/** Explains a new ship to the player, and reloads the page once if its version differs from the server's version. */
function handleConnection() {
  if (scene.newShipText) toast.show(scene.newShipText);
  if (scene.tick !== null && scene.closeCode === null) versionReload.handleConnected();
  if (scene.closeCode === VERSION_MISMATCH && versionReload.take()) reload();
}

/** Adopts the room that the server assigned, so that the URL and later joins refer to it. */
function adoptAssignedRoom() {
  if (scene.room === '' || scene.tick === null || scene.room === choice.room) return;
  choice = { ...choice, room: scene.room };
  updateAddress(choice.room, choice.isSpectator);
}

/**
 * Sets the room in the URL of the page, without reloading.
 * @param {string} room empty for none
 * @param {boolean} isSpectator
 */
function updateAddress(room, isSpectator) {
  const url = new URL(location.href);
  for (const key of ['room', 'spectate', 'name', 'play']) url.searchParams.delete(key);
  if (room) url.searchParams.set('room', room);
  if (room && isSpectator) url.searchParams.set('spectate', '');
  history.replaceState(null, '', url);
}

/** @param {string} room */
function socketUrl(room) {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (room) url.searchParams.set('room', room);
  return url.href;
}

function frame() {
  const nowMs = performance.now();
  if (renderer.resize()) session?.client.setViewport(camera.viewport());
  scene = session?.frame(nowMs) ?? emptyScene();
  adoptAssignedRoom();
  handleConnection();
  updateCamera(nowMs);
  renderer.draw(scene, nowMs);
  sound.update(scene, camera);
  hud.show(scene, nowMs);
  toolbar.show();
  netgraph.show(session?.connection ?? null, session?.snapshots.splice(0) ?? [], nowMs);
  document.body.dataset.motion = reducedMotion.isOn ? 'less' : 'full';
  frameMs = nowMs;
  frameTimes.record(nowMs, performance.now());
  requestAnimationFrame(frame);
}

/** @param {number} nowMs */
function updateCamera(nowMs) {
  const drift = reducedMotion.isOn ? 0 : nowMs * MENU_DRIFT;
  if (scene.worldSize === 0) camera.setPose({ x: drift, y: drift / 3, scale: 1 });
  else if (scene.focus) camera.setPose(camera.playPose(scene.focus, scene.worldSize));
  else spectatorCamera.update(scene, reducedMotion.isOn ? Infinity : nowMs - frameMs);
}

/** @returns {import('./scene.js').Scene} the scene while the menu is shown */
function emptyScene() {
  return {
    ...emptyViews(),
    phase: 'menu',
    tick: null,
    worldSize: 0,
    room: '',
    player: null,
    own: null,
    ghost: null,
    focus: null,
    players: [],
    visualEvents: [],
    feedItems: [],
    respawnInMs: 0,
    respawnMs: 1,
    killer: null,
    rttMs: null,
    snapshotAgeMs: 0,
    isStalled: false,
    isSpectator: false,
    reconnection: null,
    closeCode: null,
    closeText: '',
    newShipText: '',
  };
}

function state() {
  const { phase, tick, room, player, own, ghost, players, rttMs, closeText, ships, bullets, rocks, orbs } = scene;
  const { checksums, resyncs } = session?.connection.statistics ?? { checksums: 0, resyncs: 0 };
  return structuredClone({
    atMs: frameMs,
    phase,
    tick,
    player,
    room,
    entities: { ships: ships.length, bullets: bullets.length, rocks: rocks.length, orbs: orbs.length },
    own,
    others: ships.filter(({ isOwn }) => !isOwn),
    players,
    camera: { x: camera.x, y: camera.y, scale: camera.scale },
    rttMs,
    ghost: ghost && { x: ghost.x, y: ghost.y },
    net: session?.netStatistics(performance.now()) ?? null,
    checksums,
    resyncs,
    closeText,
    errors: session?.errors ?? [],
  });
}

function start() {
  const resumeToken = () => session?.client.resumeToken ?? null;
  Object.defineProperty(window, 'tickcast', { value: Object.freeze({ state, resumeToken, frameTimes }) });
  window.addEventListener('pagehide', handlePageHide);
  renderer.resize();
  for (const part of [netgraph, lab, settingsDialog, shareDialog, gameMenu, toolbar]) part.start();
  const seat = takeStoredSeat(requested.room);
  if (seat) join({ ...seat, isSpectator: false }, seat.token || null);
  else if (requested.isSpectator || query.has('play')) join(choice);
  else menu.start(requested.name, requested.room);
  if (query.has('graph')) netgraph.toggle();
  requestAnimationFrame(frame);
}

start();
