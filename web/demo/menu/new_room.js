// @ts-check
// Makes a room with a few choices, and goes there.

import { element, write } from '../page.js';

/** What the arenas on offer are made of. */
const SIZES = Object.freeze({
  small: { world_size: 1400, rocks: 6, orbs: 16 },
  medium: { world_size: 2400, rocks: 14, orbs: 32 },
  large: { world_size: 4096, rocks: 24, orbs: 60 },
});

const FIRST_WORDS = ['amber', 'bold', 'calm', 'dark', 'far', 'quick', 'quiet', 'silver', 'still', 'wild'];
const SECOND_WORDS = ['comet', 'drift', 'eclipse', 'flare', 'halo', 'meteor', 'nova', 'orbit', 'pulsar', 'void'];

/** The form. */
export class NewRoom {
  /** @param {(room: string) => void} onMade */
  constructor(onMade) {
    this.onMade = onMade;
    this.form = element('create', HTMLFormElement);
    this.opener = element('create-open', HTMLButtonElement);
    this.cancel = element('create-cancel', HTMLButtonElement);
    this.name = element('create-name', HTMLInputElement);
    this.seats = element('create-seats', HTMLSelectElement);
    this.size = element('create-size', HTMLSelectElement);
    this.drones = element('create-drones', HTMLSelectElement);
    this.rate = element('create-rate', HTMLSelectElement);
    this.trouble = element('create-trouble', HTMLElement);
  }

  /** @param {AbortSignal} signal ends it */
  start(signal) {
    this.fold();
    this.opener.addEventListener('click', () => (this.form.hidden ? this.unfold() : this.fold()), { signal });
    this.cancel.addEventListener('click', () => this.fold(), { signal });
    this.form.addEventListener('submit', (event) => this.handleSubmit(event), { signal });
  }

  fold() {
    this.form.hidden = true;
    this.opener.setAttribute('aria-expanded', 'false');
  }

  unfold() {
    this.form.hidden = false;
    this.opener.setAttribute('aria-expanded', 'true');
    write(this.trouble, '');
    this.name.value = `${anyOf(FIRST_WORDS)}-${anyOf(SECOND_WORDS)}`;
    this.name.select();
  }

  /** @param {SubmitEvent} event */
  async handleSubmit(event) {
    event.preventDefault();
    const why = await this.make();
    write(this.trouble, why);
    if (why === '') this.onMade(this.name.value);
  }

  /** @returns {Promise<string>} why it could not be made; empty when it was */
  async make() {
    const headers = { 'Content-Type': 'application/json' };
    try {
      const response = await fetch('/api/rooms', { method: 'POST', headers, body: JSON.stringify(this.room()) });
      return response.ok ? '' : `${(await response.json()).error}.`;
    } catch {
      return 'The server does not answer.';
    }
  }

  /** What the server is asked for. */
  room() {
    const size = /** @type {keyof typeof SIZES} */ (this.size.value);
    const options = { seats: Number(this.seats.value), tick_rate: Number(this.rate.value), drones: Number(this.drones.value) };
    return { name: this.name.value, options, world: SIZES[size] };
  }
}

/** @param {string[]} words */
function anyOf(words) {
  return words[Math.floor(Math.random() * words.length)];
}
