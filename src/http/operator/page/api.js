// @ts-check
// Requests to the operator's API. Knows nothing about the page.

/** The tab remembers the token until it is closed. */
const TOKEN = 'tickcast-operator-token';

/** The server refused a request. */
export class ApiError extends Error {
  /** @param {number} status @param {string} text */
  constructor(status, text) {
    super(text);
    this.status = status;
  }
}

export const token = {
  /** @returns {boolean} */
  isSet: () => sessionStorage.getItem(TOKEN) !== null,
  /** @param {string} value */
  set: (value) => sessionStorage.setItem(TOKEN, value),
  clear: () => sessionStorage.removeItem(TOKEN),
};

/**
 * Sends a request with the token in a header.
 * @param {string} method
 * @param {string} path below `/admin/api/`
 * @param {unknown} [body] sent as JSON
 * @returns {Promise<Response>}
 */
async function send(method, path, body) {
  const headers = new Headers({ Authorization: `Bearer ${sessionStorage.getItem(TOKEN) ?? ''}` });
  if (body !== undefined) headers.set('Content-Type', 'application/json');
  const response = await fetch(`api/${path}`, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
  if (response.ok) return response;
  const { error } = await response.json().catch(() => ({ error: response.statusText }));
  throw new ApiError(response.status, error);
}

/** @param {string} name @param {string} rest */
const ofRoom = (name, rest = '') => `rooms/${encodeURIComponent(name)}${rest}`;

/** @param {string} path @returns {Promise<any>} */
const read = async (path) => (await send('GET', path)).json();

export const api = {
  server: () => read('server'),
  rooms: () => read('rooms'),
  /** @param {string} name */
  inspect: (name) => read(ofRoom(name)),
  /** @param {string} name @param {'pause' | 'resume' | 'close'} action */
  operate: (name, action) => send('POST', ofRoom(name, `/${action}`)),
  /** @param {string} name @param {number} session */
  kick: (name, session) => send('POST', ofRoom(name, '/kick'), { session }),
  /** @param {string} name @returns {Promise<Blob>} */
  replay: async (name) => (await send('GET', ofRoom(name, '/replay'))).blob(),
  bans: () => read('bans'),
  /** @param {{ network?: string, subject?: string, seconds: number | null, note: string }} ban */
  ban: (ban) => send('POST', 'bans', ban),
  /** @param {number} id */
  liftBan: (id) => send('DELETE', `bans/${id}`),
};
