// @ts-check
// The form that creates a room.

import { element, setText } from '../dom.js';
import { text } from '../texts.js';

const CONFLICT = 409;

/** World settings of each arena size. */
const SIZES = Object.freeze({
  small: { world_size: 1100, rocks: 3, orbs: 10 },
  medium: { world_size: 1600, rocks: 6, orbs: 18 },
  large: { world_size: 2200, rocks: 10, orbs: 30 },
});

/**
 * The highest values that the server accepts.
 * @typedef {object} Limits
 * @property {Record<string, number>} options
 * @property {Record<string, number>} world
 */

const FIRST_WORDS = ['amber', 'bold', 'calm', 'dark', 'far', 'quick', 'quiet', 'silver', 'still', 'wild'];
const SECOND_WORDS = ['comet', 'drift', 'eclipse', 'flare', 'halo', 'meteor', 'nova', 'orbit', 'pulsar', 'void'];

/** The form that creates a room. */
export class NewRoom {
  /** @param {(room: string) => void} onCreated */
  constructor(onCreated) {
    this.onCreated = onCreated;
    this.form = element('create', HTMLFormElement);
    this.opener = element('create-open', HTMLButtonElement);
    this.cancel = element('create-cancel', HTMLButtonElement);
    this.name = element('create-name', HTMLInputElement);
    this.unlisted = element('create-unlisted', HTMLInputElement);
    this.seats = element('create-seats', HTMLSelectElement);
    this.size = element('create-size', HTMLSelectElement);
    this.drones = element('create-drones', HTMLSelectElement);
    this.rate = element('create-rate', HTMLSelectElement);
    this.error = element('create-error', HTMLElement);
    /** @type {Limits} */
    this.limits = { options: {}, world: {} };
    /** Resolves when the request for the limits has ended, even if it failed. */
    this.loading = Promise.resolve();
  }

  /** @param {AbortSignal} signal stops listening */
  start(signal) {
    this.close();
    this.opener.addEventListener('click', () => (this.form.hidden ? this.open() : this.close()), { signal });
    this.cancel.addEventListener('click', () => this.close(), { signal });
    this.unlisted.addEventListener('change', () => (this.name.disabled = this.unlisted.checked), { signal });
    this.form.addEventListener('submit', (event) => this.handleSubmit(event), { signal });
  }

  close() {
    this.form.hidden = true;
    this.opener.setAttribute('aria-expanded', 'false');
  }

  open() {
    this.form.hidden = false;
    this.opener.setAttribute('aria-expanded', 'true');
    setText(this.error, '');
    this.name.value = `${randomWord(FIRST_WORDS)}-${randomWord(SECOND_WORDS)}`;
    this.name.select();
    this.loading = this.loadLimits();
  }

  /** Disables the choices that exceed the server's limits. If the limits are unknown, the server rejects such choices. */
  async loadLimits() {
    try {
      const response = await fetch('/api/rooms/limits');
      if (!response.ok) return;
      this.limits = await response.json();
    } catch {
      return;
    }
    const { seats, tick_rate: rate, ai_players: drones } = this.limits.options;
    limitChoices(this.seats, seats);
    limitChoices(this.rate, rate);
    limitChoices(this.drones, drones);
  }

  /** @param {SubmitEvent} event */
  async handleSubmit(event) {
    event.preventDefault();
    const { room = '', error = '' } = await this.createRoom();
    setText(this.error, error);
    if (room) this.onCreated(room);
  }

  /** @returns {Promise<{room?: string, error?: string}>} the name of the new room, or an error message */
  async createRoom() {
    const headers = { 'Content-Type': 'application/json' };
    await this.loading;
    try {
      const response = await fetch('/api/rooms', { method: 'POST', headers, body: JSON.stringify(this.requestBody()) });
      if (response.status === CONFLICT) return { error: text('create.taken') };
      const { name, error } = await response.json();
      return response.ok ? { room: name } : { error: `${error}.` };
    } catch {
      return { error: text('create.unreachable') };
    }
  }

  requestBody() {
    const size = /** @type {keyof typeof SIZES} */ (this.size.value);
    const options = { seats: Number(this.seats.value), tick_rate: Number(this.rate.value), ai_players: Number(this.drones.value) };
    const { limits } = this;
    const name = this.unlisted.checked ? { unlisted: true } : { name: this.name.value };
    return { ...name, options: limited(options, limits.options), world: limited(SIZES[size], limits.world) };
  }
}

/**
 * Disables the choices above a limit. The lowest choice is never disabled: if it is above the limit, the request contains
 * the limit instead.
 * @param {HTMLSelectElement} select its choices are in ascending order
 * @param {number} limit
 */
function limitChoices(select, limit) {
  const [lowest, ...higher] = select.options;
  for (const choice of higher) choice.disabled = Number(choice.value) > limit;
  if (select.selectedOptions[0]?.disabled) (higher.findLast(({ disabled }) => !disabled) ?? lowest).selected = true;
}

/**
 * @param {Readonly<Record<string, number>>} values
 * @param {Record<string, number>} limits
 */
function limited(values, limits) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Math.min(value, limits[name] ?? value)]));
}

/** @param {string[]} words */
function randomWord(words) {
  return words[Math.floor(Math.random() * words.length)];
}
