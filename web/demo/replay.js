// @ts-check
// The controls of a replay: timeline, play and pause, speed, the end of a running match, and a link to the moment.

import { Tick } from '../netcode/index.js';
import { element, setText } from './dom.js';
import { isGameKey } from './input/keyboard.js';
import { DescriptionFeed } from './replay/description.js';
import { Timeline } from './replay/timeline.js';
import { clockText } from './replay/time.js';
import { text } from './texts.js';

/** The server counts speeds in quarters of real time. */
const QUARTERS = 4;
/** Distance of "live" from the end of the range. The range of a running match grows in steps of about 10 s. */
const LIVE_S = 10;
/** Up to this distance from the end, a replay counts as live: it may have begun just before a step. */
const LIVE_S_MAX = 21;
/** Distance from the end at which the end counts as reached. */
const END_S = 0.2;
/** Steps of the arrow keys. */
const STEP_S = 5;

/**
 * The part of a client that controls its replay.
 * @typedef {Pick<import('../netcode/index.js').Client, 'seek' | 'setSpeed' | 'pause'>} ReplayClient
 *
 * @typedef {object} ReplayActions
 * @property {() => ReplayClient | null} client
 * @property {(url: string) => void} onShare
 * @property {import('./toast.js').Toast} toast
 */

/** The controls of a replay. */
export class ReplayControls {
  /** @param {ReplayActions} actions */
  constructor(actions) {
    this.actions = actions;
    this.root = element('replay', HTMLElement);
    this.play = element('replay-play', HTMLButtonElement);
    this.time = element('replay-time', HTMLElement);
    this.speed = element('replay-speed', HTMLSelectElement);
    this.live = element('replay-live', HTMLButtonElement);
    this.timeline = new Timeline({ seek: (offset) => this.seek(offset), hold: (isHeld) => this.hold(isHeld) });
    /** @type {DescriptionFeed | null} */
    this.feed = null;
    /** @type {AbortController | null} */
    this.listening = null;
    /** The last shown state of the replay. @type {import('./scene.js').ReplayView | null} */
    this.view = null;
    /** Whether to continue when the user stops dragging the position. */
    this.continues = false;
  }

  /** Starts listening, for the lifetime of the page. */
  start() {
    this.timeline.start();
    this.play.addEventListener('click', () => this.toggle());
    this.speed.addEventListener('change', () => this.handleSpeedChange());
    this.live.addEventListener('click', () => this.goLive());
    element('replay-share', HTMLButtonElement).addEventListener('click', () => this.share());
    // Prevents the buttons from getting the focus. Otherwise, the space bar would also press the focused button.
    for (const button of this.root.querySelectorAll('button')) {
      button.addEventListener('pointerdown', (event) => event.preventDefault());
    }
  }

  /**
   * Shows the controls.
   * @param {string} which the id of a match, or the name of its room
   * @param {string | null} ticket
   */
  open(which, ticket) {
    this.close();
    this.feed = new DescriptionFeed(which, ticket);
    this.feed.start();
    this.speed.value = String(QUARTERS);
    this.listening = new AbortController();
    // Listens in the capturing phase. Otherwise, the arrow keys would also select the next ship to follow.
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal: this.listening.signal, capture: true });
    document.body.toggleAttribute('data-replay', true);
  }

  close() {
    this.feed?.stop();
    this.feed = null;
    this.listening?.abort();
    this.listening = null;
    this.view = null;
    this.root.hidden = true;
    document.body.toggleAttribute('data-replay', false);
  }

  /** @param {import('./scene.js').Scene} scene */
  show({ replay, phase }) {
    const description = this.feed?.description ?? null;
    this.root.hidden = phase !== 'spectating' || replay === null || replay.tick === null;
    if (this.root.hidden || !replay || replay.tick === null) return;
    this.view = replay;
    const { range, offset, isEnd } = this.position();
    this.timeline.show(range, description?.markers ?? NO_MARKERS, offset);
    const seconds = (/** @type {number} */ ticks) => ticks / range.tickRate;
    setText(this.time, `${clockText(seconds(this.timeline.offset))} / ${clockText(seconds(range.length))}`);
    this.root.toggleAttribute('aria-busy', replay.isSeeking);
    this.showPlay(isEnd && !description?.running ? 'again' : replay.isPaused && !this.continues ? 'play' : 'pause');
    this.showLive(description, seconds(range.length - offset));
    if (isEnd && replay.isWaiting && description?.running && replay.quarters > QUARTERS) this.slowDown();
  }

  /** Where the replay is. The range includes the position, because the description may be older. */
  position() {
    const description = this.feed?.description ?? null;
    const tick = this.view?.tick ?? 0;
    const firstTick = description?.first_tick ?? tick;
    const tickRate = this.view?.tickRate ?? 1;
    const offset = Math.max(Tick.since(tick, firstTick), 0);
    const length = Math.max(description ? Tick.since(description.last_tick, firstTick) : 0, offset);
    const isEnd = description !== null && length - offset <= END_S * tickRate && !this.view?.isSeeking;
    return { range: { firstTick, length, tickRate }, offset, isEnd };
  }

  /** @param {'play' | 'pause' | 'again'} action of the button */
  showPlay(action) {
    if (this.play.dataset.action === action) return;
    this.play.dataset.action = action;
    this.play.setAttribute('aria-label', text(`replay.${action}`));
    this.play.title = text(`replay.${action}Hint`);
  }

  /**
   * @param {import('./replay/description.js').Description | null} description
   * @param {number} behindS
   */
  showLive(description, behindS) {
    this.live.hidden = !description?.running;
    const isLive = String(behindS <= LIVE_S_MAX);
    if (this.live.getAttribute('aria-pressed') !== isLive) this.live.setAttribute('aria-pressed', isLive);
  }

  /** @param {number} offset */
  seek(offset) {
    const { firstTick } = this.position().range;
    this.actions.client()?.seek((firstTick + offset) >>> 0);
  }

  /** Pauses while the user drags the position. @param {boolean} isHeld */
  hold(isHeld) {
    if (isHeld) this.continues = !this.view?.isPaused;
    if (this.continues) this.actions.client()?.pause(isHeld);
    if (!isHeld) this.continues = false;
  }

  toggle() {
    const { action } = this.play.dataset;
    if (action === 'again') this.timeline.seek(0);
    this.actions.client()?.pause(action === 'pause');
  }

  goLive() {
    const { range } = this.position();
    this.timeline.seek(range.length - LIVE_S * range.tickRate);
    this.setSpeed(QUARTERS);
    this.actions.client()?.pause(false);
  }

  /** Continues in real time, because a running match has no more ticks to play faster. */
  slowDown() {
    this.setSpeed(QUARTERS);
    this.actions.toast.show(text('replay.caughtUp'));
  }

  /** Releases the focus after a choice with the mouse. Otherwise, the space bar would open the choices instead of pausing. */
  handleSpeedChange() {
    this.setSpeed(Number(this.speed.value));
    if (!this.speed.matches(':focus-visible')) this.speed.blur();
  }

  /** @param {number} quarters */
  setSpeed(quarters) {
    this.speed.value = String(quarters);
    this.actions.client()?.setSpeed(quarters);
  }

  /** Selects the next higher or lower speed. @param {1 | -1} direction */
  stepSpeed(direction) {
    const next = this.speed.options[this.speed.selectedIndex + direction];
    if (next) this.setSpeed(Number(next.value));
  }

  share() {
    const { feed, view } = this;
    if (!feed || view?.tick === null || view?.tick === undefined) return;
    const url = new URL('/', location.href);
    url.searchParams.set('replay', feed.description?.match ?? feed.which);
    url.searchParams.set('tick', String(view.tick));
    this.actions.onShare(url.href);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (this.root.hidden || !(isGameKey(event) || event.target === this.timeline.slider)) return;
    if (document.querySelector('dialog[open]')) return;
    const act = this.actionOf(event);
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  /** @param {KeyboardEvent} event @returns {(() => void) | null} */
  actionOf({ code, key, repeat }) {
    const { timeline } = this;
    if (code === 'Space') return () => void (repeat || this.toggle());
    if (code === 'ArrowLeft') return () => timeline.step(-STEP_S);
    if (code === 'ArrowRight') return () => timeline.step(STEP_S);
    if (code === 'KeyN') return () => timeline.stepToMarker(1);
    if (code === 'KeyP') return () => timeline.stepToMarker(-1);
    if (key === '<' || key === ',') return () => this.stepSpeed(-1);
    if (key === '>' || key === '.') return () => this.stepSpeed(1);
    return null;
  }
}

/** @type {readonly import('./replay/markers.js').Marker[]} */
const NO_MARKERS = Object.freeze([]);
