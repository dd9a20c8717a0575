// @ts-check
// The entry point, and the only file with side effects on import.
//
// Parameters of the URL:
//   ?room=NAME, ?name=NAME         initial room and player name
//   ?play, ?spectate               join or watch without showing the menu
//   ?replay=WHICH, ?tick=N         watch a replay: WHICH is the id of a match or the name of its room, N where to start
//   ?lag=150&jitter=40&stall=500&loss=5   simulated network conditions, see latency_lab.js
//   ?lab, ?graph, ?wasm            show the latency lab or the net graph; use WebAssembly, see game.js
//   ?transport=http|websocket|datagrams   what carries the messages, see transport.js
//   ?lang=de                       language of the page, instead of the browser's language
//   ?quality=0                     fixed quality of the picture, as an index into `QUALITY_LEVELS` of render/quality.js
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
//   players    the players in the room, best first: { player, name, isAi, isOwn, isLeader, score, kills, deaths, streak }
//   camera     { x, y, scale }: center of the view in units, and CSS pixels per unit
//   rttMs      the round-trip time, or null
//   replay     state of the replay, a `ReplayView` of scene.js, or null
//   instantReplay  progress of the instant replay of a death, from 0 to 1, and who it follows; or null
//   ghost      position of the ghost, or null
//   transport  what carries the messages: 'websocket', 'httpStream', 'httpPoll' or 'datagrams'
//   net        { reconnects, resumed, leadTicks, delayTicks, jitterTicks, corrections, lateInputs, lostTicks }
//   quality    the quality of the picture, a `QualityLevel` of render/quality.js
//   checksums  number of checksums that matched
//   resyncs    number of resynchronizations
//   closeText  why the connection ended; empty while connected
//   errors     the most recent errors of the netcode
// `window.tickcast.frameTimes` contains the recorded frame times, for tests/browser/frames.mjs.
// `window.tickcast.resumeToken()` is the resume token of the seat.
// `window.tickcast.changeTransport(NAME)` moves the session to 'websocket' or 'datagrams'.

import { arena, isRoomName } from '../netcode/index.js';
import { Camera } from './camera.js';
import { DeathCamera } from './death_camera.js';
import { element } from './dom.js';
import { emptyScene } from './empty_scene.js';
import { FrameTimes } from './frame_times.js';
import { loadGame } from './game.js';
import { Hud } from './hud.js';
import { InstantReplayPanel } from './hud/instant_replay.js';
import { VERSION_MISMATCH } from './hud/notice.js';
import { Input } from './input.js';
import { LatencyLab } from './latency_lab.js';
import { LifeSummary } from './life_summary.js';
import { Menu, truncatedName } from './menu.js';
import { Backdrop } from './menu/backdrop.js';
import { NetGraph } from './netgraph.js';
import { translatePage } from './page_texts.js';
import { GameMenu } from './panels/game_menu.js';
import { OverlayPanels } from './panels/overlay_panels.js';
import { ScoresDialog } from './panels/scores_dialog.js';
import { SettingsDialog } from './panels/settings_dialog.js';
import { ShareDialog } from './panels/share_dialog.js';
import { PersonalBest } from './personal_best.js';
import { ProfileApi } from './profile_api.js';
import { ReducedMotion } from './reduced_motion.js';
import { Renderer } from './render.js';
import { QUALITY_LEVELS, Quality } from './render/quality.js';
import { ReplayControls } from './replay.js';
import { Session } from './session.js';
import { Settings } from './settings.js';
import { Sound } from './sound.js';
import { SpectatorCamera } from './spectator.js';
import { StoredProfile } from './stored_profile.js';
import { storeSeat, takeStoredSeat } from './stored_seat.js';
import { text } from './texts.js';
import { Toast } from './toast.js';
import { Toolbar } from './toolbar.js';
import { Transport } from './transport.js';
import { VersionReload } from './version_reload.js';
import { Vibration } from './vibration.js';
import { installWebApp } from './web_app.js';

/**
 * Minimum time from the start of a frame of the menu to the request of the next one. It is less than two refreshes of a screen with
 * 60 Hz, so that the menu is drawn 30 times per second. This is enough for a background, and saves energy.
 */
const MENU_INTERVAL_MS = 27;

/** Height of the controls of a replay, as in replay.css. */
const CONTROLS_PX = 98;

const query = new URLSearchParams(location.search);
await translatePage(query.get('lang'));
const requested = { room: query.get('room') ?? '', name: query.get('name') ?? '', isSpectator: query.has('spectate') };
const requestedReplay = replayIn(query);
/** The ticket is in the URL's fragment. Browsers do not send the fragment to a server, so no server logs the ticket. */
const ticket = new URLSearchParams(location.hash.slice(1)).get('ticket');
const settings = new Settings();
const storedProfile = new StoredProfile();
const profileApi = new ProfileApi(storedProfile, ticket);
const personalBest = new PersonalBest(profileApi);
const lifeSummary = new LifeSummary();
const reducedMotion = new ReducedMotion(settings);
const sound = new Sound(settings);
const vibration = new Vibration(settings);
const toast = new Toast();
const canvas = element('world', HTMLCanvasElement);
const camera = new Camera();
const deathCamera = new DeathCamera(reducedMotion);
const spectatorCamera = new SpectatorCamera(camera, canvas);
const input = new Input(
  canvas,
  () => (scene.own ? camera.toScreen(scene.own.x, scene.own.y) : camera.center()),
  element('dash', HTMLElement),
);
const renderer = new Renderer(canvas, camera, reducedMotion);
const backdrop = new Backdrop(camera, reducedMotion);
const quality = new Quality();
const fixedQuality = QUALITY_LEVELS[Number(query.get('quality') ?? NaN)] ?? null;
const hud = new Hud(camera, spectatorCamera, input, settings, {
  retry: () => session?.client.retry(),
  again: () => join(choice),
  watch: () => watch(choice.room),
  another: () => join({ ...choice, room: '' }),
  reload,
  leave: () => leave(choice.room),
});
const instantReplay = new InstantReplayPanel(reducedMotion, () => session?.skipInstantReplay());
const panels = new OverlayPanels();
const netgraph = new NetGraph(panels);
const lab = new LatencyLab(query, panels);
const transport = new Transport(query, lab.network);
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
const replayControls = new ReplayControls({
  client: () => session?.client ?? null,
  onShare: (url) => shareDialog.openMoment(url),
  toast,
});
const versionReload = new VersionReload();
const menu = new Menu(settings, choose, profileApi, ticket);
const scoresDialog = new ScoresDialog(profileApi, () => void menu.ownProfile.read());
/** @type {import('./menu.js').Choice} the player's last choice */
let choice = {
  name: truncatedName(requested.name || settings.values.name),
  room: isRoomName(requested.room) ? requested.room : '',
  isSpectator: requested.isSpectator || requestedReplay !== null,
  replay: requestedReplay,
};
/** @type {Session | null} */
let session = null;
let scene = emptyScene();
let game = arena;
const frameTimes = new FrameTimes();
let frameMs = 0;

/** Joins the room or replay that was chosen in the menu. @param {import('./menu.js').Choice} chosen */
function choose(chosen) {
  if (chosen.replay) updateAddress(chosen);
  join(chosen);
}

/**
 * Joins a room, or watches a replay.
 * @param {import('./menu.js').Choice} chosen
 * @param {string | null} [resume] the resume token of the seat to resume
 */
function join(chosen, resume = null) {
  choice = chosen;
  const { name, room, isSpectator, replay = null } = choice;
  menu.stop();
  session?.stop();
  const url = socketUrl(choice);
  const request = { url, room, name, isSpectator, ticket, resume, game, profile: storedProfile, transport };
  session = new Session(request, camera.viewport(), () => input.controls(), lab);
  session.start();
  input.stop();
  spectatorCamera.stop();
  if (isSpectator) spectatorCamera.start();
  else input.start();
  panels.setEnabled(!replay);
  camera.bottomPx = replay ? CONTROLS_PX : 0;
  if (replay) replayControls.open(replay.which, ticket);
  else replayControls.close();
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
  replayControls.close();
  if (nextRoom !== choice.room || choice.replay) updateAddress({ room: nextRoom, isSpectator: false });
  menu.start(choice.name, nextRoom);
}

/** @param {string} room */
function watch(room) {
  updateAddress({ room, isSpectator: true });
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
  toast.show(text('game.renamed', { name }));
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
  updateAddress(choice);
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
  if (scene.room === '' || scene.tick === null || scene.room === choice.room || choice.replay) return;
  choice = { ...choice, room: scene.room };
  updateAddress(choice);
}

/**
 * Sets the room or the replay in the URL of the page, without reloading.
 * @param {Pick<import('./menu.js').Choice, 'room' | 'isSpectator' | 'replay'>} chosen
 */
function updateAddress({ room, isSpectator, replay }) {
  const url = new URL(location.href);
  for (const key of ['room', 'spectate', 'name', 'play', 'replay', 'tick']) url.searchParams.delete(key);
  if (replay) url.searchParams.set('replay', replay.which);
  else if (room) url.searchParams.set('room', room);
  if (replay?.tick) url.searchParams.set('tick', replay.tick);
  if (room && isSpectator && !replay) url.searchParams.set('spectate', '');
  history.replaceState(null, '', url);
}

/**
 * The replay in the URL of the page. Ids of matches are also valid room names.
 * @param {URLSearchParams} parameters
 * @returns {import('./menu.js').ReplayChoice | null}
 */
function replayIn(parameters) {
  const [which, tick] = [parameters.get('replay') ?? '', parameters.get('tick') ?? ''];
  return isRoomName(which) ? { which, tick: /^\d{1,10}$/.test(tick) ? tick : '' } : null;
}

/** @param {import('./menu.js').Choice} chosen */
function socketUrl({ room, replay }) {
  const url = new URL('/ws', location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  if (replay) url.searchParams.set('replay', replay.which);
  else if (room) url.searchParams.set('room', room);
  if (replay?.tick) url.searchParams.set('tick', replay.tick);
  return url.href;
}

function frame() {
  const nowMs = performance.now();
  // After the first frame of the menu, only its background changes.
  if (session || scene.phase !== 'menu') showScene(nowMs);
  else showBackdrop(nowMs);
  const motion = reducedMotion.isOn ? 'less' : 'full';
  if (document.body.dataset.motion !== motion) document.body.dataset.motion = motion;
  frameMs = nowMs;
  frameTimes.record(nowMs, performance.now());
  requestFrame();
}

/** @param {number} nowMs */
function showBackdrop(nowMs) {
  renderer.resize();
  renderer.draw(backdrop.frame(nowMs), nowMs);
}

/** @param {number} nowMs */
function showScene(nowMs) {
  renderer.quality = fixedQuality ?? QUALITY_LEVELS[quality.handleFrame(nowMs)];
  if (renderer.resize()) session?.client.setViewport(camera.viewport());
  const played = session?.frame(nowMs) ?? emptyScene();
  const [bestText, podiumText] = [personalBest.update(played), personalBest.updateRound(played)];
  scene = { ...played, bestText, podiumText, lifeText: lifeSummary.update(played, nowMs) };
  adoptAssignedRoom();
  handleConnection();
  updateCamera(nowMs);
  renderer.draw(scene, nowMs);
  sound.update(scene, camera);
  vibration.update(scene);
  hud.show(scene, nowMs);
  instantReplay.show(scene, nowMs);
  replayControls.show(scene);
  toolbar.show();
  netgraph.show(session?.connection ?? null, session?.snapshots.splice(0) ?? [], transport.choice, nowMs);
}

/** Requests the next frame: in the menu after a pause, otherwise for the next refresh of the screen. */
function requestFrame() {
  if (session) requestAnimationFrame(frame);
  else window.setTimeout(() => requestAnimationFrame(frame), Math.max(MENU_INTERVAL_MS - (performance.now() - frameMs), 0));
}

/** @param {number} nowMs */
function updateCamera(nowMs) {
  if (scene.worldSize === 0) return;
  if (scene.focus) camera.setPose(camera.playPose(deathCamera.focus(scene, scene.focus, nowMs), scene.worldSize));
  else spectatorCamera.update(scene, reducedMotion.isOn ? Infinity : nowMs - frameMs);
}

function state() {
  const { phase, tick, room, player, own, ghost, players, rttMs, closeText, ships, bullets, rocks, orbs } = scene;
  const { instantReplay: ownDeath, replay, roundLeftS, podium } = scene;
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
    transport: session?.connection.transport ?? null,
    replay,
    roundLeftS,
    podium,
    instantReplay: ownDeath && { progress: ownDeath.progress, killer: ownDeath.killer?.name ?? null },
    ghost: ghost && { x: ghost.x, y: ghost.y },
    quality: renderer.quality,
    net: session?.netStatistics(performance.now()) ?? null,
    checksums,
    resyncs,
    closeText,
    errors: session?.errors ?? [],
  });
}

async function start() {
  game = await loadGame(query);
  const resumeToken = () => session?.client.resumeToken ?? null;
  const changeTransport = async (/** @type {'websocket' | 'datagrams'} */ next) => {
    if (session) await transport.change(session.client, next);
  };
  const forTests = Object.freeze({ state, resumeToken, frameTimes, changeTransport });
  Object.defineProperty(window, 'tickcast', { value: forTests });
  window.addEventListener('pagehide', handlePageHide);
  element('menu-scores', HTMLButtonElement).addEventListener('click', () => scoresDialog.open());
  renderer.resize();
  for (const part of [netgraph, lab, scoresDialog, settingsDialog, shareDialog, gameMenu, toolbar, replayControls]) {
    part.start();
  }
  const seat = requestedReplay ? null : takeStoredSeat(requested.room);
  if (seat) join({ ...seat, isSpectator: false }, seat.token || null);
  else if (choice.replay || requested.isSpectator || query.has('play')) join(choice);
  else menu.start(requested.name, requested.room);
  if (query.has('graph')) netgraph.toggle();
  requestAnimationFrame(frame);
  installWebApp();
}

void start();
