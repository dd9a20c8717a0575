// @ts-check
// The form that creates a room.

import { element, setText } from '../dom.js';

/** World settings of each arena size. */
const SIZES = Object.freeze({
  small: { world_size: 1400, rocks: 6, orbs: 16 },
  medium: { world_size: 2400, rocks: 14, orbs: 32 },
  large: { world_size: 4096, rocks: 24, orbs: 60 },
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
    const error = await this.createRoom();
    setText(this.error, error);
    if (error === '') this.onCreated(this.name.value);
  }

  /** @returns {Promise<string>} the error message; empty on success */
  async createRoom() {
    const headers = { 'Content-Type': 'application/json' };
    await this.loading;
    try {
      const response = await fetch('/api/rooms', { method: 'POST', headers, body: JSON.stringify(this.requestBody()) });
      return response.ok ? '' : `${(await response.json()).error}.`;
    } catch {
      return 'The server cannot be reached.';
    }
  }

  requestBody() {
    const size = /** @type {keyof typeof SIZES} */ (this.size.value);
    const options = { seats: Number(this.seats.value), tick_rate: Number(this.rate.value), ai_players: Number(this.drones.value) };
    const { limits } = this;
    return { name: this.name.value, options: limited(options, limits.options), world: limited(SIZES[size], limits.world) };
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
