// @ts-check
// The operator page: signs in, polls the server, and carries out what the operator requests.

import { ApiError, api, token } from './api.js';
import { Plots } from './metrics.js';
import { banRow, clientRow, roomRow } from './rooms.js';

const POLL_MS = 2000;

/** @template {HTMLElement} [E=HTMLElement] @param {string} id @returns {E} */
const element = (id) => /** @type {E} */ (document.getElementById(id));
/** @param {string} id */
const input = (id) => /** @type {HTMLInputElement} */ (element(id));

const plots = new Plots(element('plots'));
/** Name of the room in the inspector. @type {string | null} */
let selected = null;
/** The listener for clients. @type {{ scheme: string, port: number } | null} */
let clients = null;
/** Whether the last poll failed. */
let isOut = false;

/** @param {unknown} error */
function report(error) {
  element('status').textContent = error instanceof Error ? error.message : String(error);
  if (error instanceof ApiError && error.status === 401) signOut();
}

/** @param {unknown} error of a poll, shown until a later poll succeeds */
function reportOutage(error) {
  isOut = true;
  report(error);
}

function clearOutage() {
  if (isOut) element('status').textContent = '';
  isOut = false;
}

/** Runs a request of the operator, and shows the result. @param {() => Promise<unknown>} request */
async function run(request) {
  try {
    element('status').textContent = '';
    await request();
    await refresh();
  } catch (error) {
    report(error);
  }
}

function signOut() {
  token.clear();
  select(null);
  element('sign-in').hidden = false;
  element('dashboard').hidden = element('sign-out').hidden = true;
}

async function signIn() {
  const { game, version, clients: listener } = await api.server();
  clients = listener;
  element('server').textContent = `${version}, ${game}`;
  element('sign-in').hidden = true;
  element('dashboard').hidden = element('sign-out').hidden = false;
}

/** @param {string | null} name */
function select(name) {
  selected = name;
  element('inspector').hidden = name === null;
  if (name === null || clients === null) return;
  element('room-name').textContent = name;
  const { scheme, port } = clients;
  const query = `room=${encodeURIComponent(name)}&spectate`;
  /** @type {HTMLAnchorElement} */ (element('watch')).href = `${scheme}://${location.hostname}:${port}/?${query}`;
}

async function refreshRooms() {
  const rooms = await api.rooms();
  element('no-rooms').hidden = rooms.length > 0;
  if (!rooms.some((/** @type {any} */ { name }) => name === selected)) select(null);
  element('rooms').replaceChildren(...rooms.map((/** @type {any} */ room) => (
    roomRow(room, room.name === selected, () => void run(async () => select(room.name)))
  )));
}

async function refreshInspector() {
  const name = selected;
  if (name === null) return;
  const { paused, clients: inRoom } = await api.inspect(name);
  element('pause').hidden = paused;
  element('resume').hidden = !paused;
  element('clients').replaceChildren(...inRoom.map((/** @type {any} */ client) => clientRow(client, {
    kick: () => void run(() => api.kick(name, client.session)),
    ban: () => prepareBan(client),
  })));
}

async function refreshBans() {
  const bans = await api.bans();
  element('bans').replaceChildren(...bans.map((/** @type {any} */ ban) => (
    banRow(ban, () => void run(() => api.liftBan(ban.id)))
  )));
}

/** Fills in the form. The operator may change the target, and sends it. @param {any} client */
function prepareBan({ name, network, subject }) {
  input('ban-kind').value = subject === null ? 'network' : 'subject';
  input('ban-target').value = subject ?? network;
  input('ban-note').value = name ?? '';
  input('ban-target').focus();
}

async function refresh() {
  await refreshRooms();
  await Promise.all([refreshInspector(), refreshBans()]);
}

/** A network. A single IPv6 address stands for its /64. @param {string} text */
function network(text) {
  return text.includes('/') ? text : `${text}/${text.includes(':') ? 64 : 32}`;
}

async function poll() {
  if (token.isSet() && !element('dashboard').hidden) {
    await Promise.all([plots.update(), refresh()]).then(clearOutage, reportOutage);
  }
  setTimeout(poll, POLL_MS);
}

/** @param {string} name */
async function downloadReplay(name) {
  const url = URL.createObjectURL(await api.replay(name));
  const link = document.createElement('a');
  [link.href, link.download] = [url, `${name}.replay`];
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), POLL_MS);
}

/** @param {string} id @param {(name: string) => Promise<unknown>} request for the selected room */
function onRoomAction(id, request) {
  element(id).addEventListener('click', () => void run(async () => selected !== null && request(selected)));
}

onRoomAction('pause', (name) => api.operate(name, 'pause'));
onRoomAction('resume', (name) => api.operate(name, 'resume'));
onRoomAction('replay', downloadReplay);
onRoomAction('close', async (name) => {
  if (confirm(`Close the room ${name} and disconnect everyone in it?`)) await api.operate(name, 'close');
});
element('sign-out').addEventListener('click', signOut);
element('sign-in').addEventListener('submit', (event) => {
  event.preventDefault();
  token.set(input('token').value);
  input('token').value = '';
  void run(signIn);
});
element('new-ban').addEventListener('submit', (event) => {
  event.preventDefault();
  const seconds = input('ban-seconds').value === '' ? null : Number(input('ban-seconds').value);
  const text = input('ban-target').value.trim();
  const target = input('ban-kind').value === 'network' ? { network: network(text) } : { subject: text };
  void run(async () => {
    await api.ban({ ...target, seconds, note: input('ban-note').value });
    /** @type {HTMLFormElement} */ (element('new-ban')).reset();
  });
});

if (token.isSet()) await run(signIn);
await poll();
