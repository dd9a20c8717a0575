// @ts-check
// What a spectator sees: the whole arena, a ship that is followed, or any part of it. A click on a ship follows it, dragging
// and the wheel (or two fingers) look around.

import { isForTheArena } from './input/keyboard.js';

/** A pointer that moved less than this has clicked, in CSS pixels. */
const CLICK_PX = 8;
/** A click this near to a ship means it. */
const NEAR_PX = 36;
/** How fast the camera comes to where it is to look: the part of the way that is left after a second. */
const LEFT_AFTER_S = 0.002;
const KEY_ZOOM = 1.25;

/** @typedef {{kind: 'whole'} | {kind: 'ship', player: number} | {kind: 'free', look: import('./camera.js').Look}} Aim */

/** What a spectator looks at. */
export class Spectator {
  /**
   * @param {import('./camera.js').Camera} camera
   * @param {HTMLElement} surface
   */
  constructor(camera, surface) {
    this.camera = camera;
    this.surface = surface;
    /** @type {Aim} */
    this.aim = { kind: 'whole' };
    /** @type {import('./scene.js').Scene | null} what was seen last */
    this.scene = null;
    /** @type {Map<number, {x: number, y: number, moved: number}>} the pointers that are down */
    this.pointers = new Map();
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /** Begins with the whole arena. */
  start() {
    this.stop();
    this.aim = { kind: 'whole' };
    this.listening = new AbortController();
    const { signal } = this.listening;
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    this.surface.addEventListener('wheel', (event) => this.handleWheel(event), { signal, passive: false });
    this.surface.addEventListener('pointerdown', (event) => this.handleDown(event), { signal });
    window.addEventListener('pointermove', (event) => this.handleMove(event), { signal });
    window.addEventListener('pointerup', (event) => this.handleUp(event), { signal });
    window.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId), { signal });
  }

  stop() {
    this.listening?.abort();
    this.listening = null;
    this.pointers.clear();
    this.scene = null;
  }

  /** Whom it follows, if anybody. */
  get following() {
    const { aim } = this;
    return aim.kind === 'ship' ? this.scene?.members.find(({ player }) => player === aim.player) ?? null : null;
  }

  /**
   * Points the camera.
   * @param {import('./scene.js').Scene} scene
   * @param {number} stepMs since the last time
   */
  show(scene, stepMs) {
    const isFirst = this.scene === null || this.scene.worldSize !== scene.worldSize;
    this.scene = scene;
    if (this.aim.kind === 'ship' && this.following === null) this.showWhole();
    const look = this.look(scene);
    this.camera.look(isFirst || this.aim.kind === 'free' ? look : this.approach(look, stepMs));
  }

  /** Shows the whole arena. */
  showWhole() {
    this.aim = { kind: 'whole' };
  }

  /** @param {number} step 1 for the next ship, -1 for the one before */
  follow(step) {
    const players = this.scene?.members.map(({ player }) => player) ?? [];
    if (players.length === 0) return;
    const at = this.aim.kind === 'ship' ? players.indexOf(this.aim.player) : step > 0 ? -1 : 0;
    this.aim = { kind: 'ship', player: players[(at + step + players.length) % players.length] };
  }

  /**
   * @param {import('./scene.js').Scene} scene
   * @returns {import('./camera.js').Look}
   */
  look({ ships, worldSize }) {
    const { aim, camera } = this;
    if (aim.kind === 'whole') return camera.wholeLook(worldSize);
    if (aim.kind === 'free') return aim.look;
    const ship = ships.find(({ player }) => player === aim.player);
    return ship ? camera.playLook(ship, worldSize) : camera;
  }

  /**
   * Part of the way to where it is to look, the same in every second.
   * @param {import('./camera.js').Look} look
   * @param {number} stepMs
   */
  approach(look, stepMs) {
    const { x, y, scale } = this.camera;
    const part = 1 - LEFT_AFTER_S ** (stepMs / 1000);
    const towards = (/** @type {number} */ from, /** @type {number} */ to) => from + (to - from) * part;
    return { x: towards(x, look.x), y: towards(y, look.y), scale: scale * (look.scale / scale) ** part };
  }

  /**
   * Looks elsewhere from now on.
   * @param {number} dx in CSS pixels
   * @param {number} dy
   * @param {number} zoom how much larger than now
   * @param {import('./scene.js').Place} fixed what stays where it is in the window
   */
  wander(dx, dy, zoom, fixed) {
    const { camera } = this;
    const still = camera.toWorld(fixed.x, fixed.y);
    const scale = camera.scale * zoom;
    const middle = camera.middle();
    const [x, y] = [still.x - (fixed.x + dx - middle.x) / scale, still.y - (fixed.y + dy - middle.y) / scale];
    const look = camera.freeLook({ x, y, scale }, this.scene?.worldSize ?? 0);
    this.aim = { kind: 'free', look };
    camera.look(look);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!isForTheArena(event)) return;
    const middle = this.camera.middle();
    if (event.code === 'KeyD' || event.code === 'ArrowRight') this.follow(1);
    else if (event.code === 'KeyA' || event.code === 'ArrowLeft') this.follow(-1);
    else if (event.code === 'KeyW' || event.code === 'ArrowUp') this.showWhole();
    else if (event.key === '+' || event.key === '=') this.wander(0, 0, KEY_ZOOM, middle);
    else if (event.key === '-') this.wander(0, 0, 1 / KEY_ZOOM, middle);
  }

  /** @param {WheelEvent} event */
  handleWheel(event) {
    event.preventDefault();
    this.wander(0, 0, Math.exp(-event.deltaY / 500), { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  handleDown({ pointerId, clientX, clientY }) {
    this.pointers.set(pointerId, { x: clientX, y: clientY, moved: 0 });
  }

  /** @param {PointerEvent} event */
  handleMove({ pointerId, clientX, clientY }) {
    const pointer = this.pointers.get(pointerId);
    if (!pointer) return;
    const [dx, dy] = [clientX - pointer.x, clientY - pointer.y];
    pointer.moved += Math.hypot(dx, dy);
    const before = this.grip();
    Object.assign(pointer, { x: clientX, y: clientY });
    const after = this.grip();
    if (pointer.moved < CLICK_PX && this.pointers.size === 1) return;
    this.wander(after.x - before.x, after.y - before.y, after.spread / before.spread, before);
  }

  /** The middle of the pointers that are down, and how far they are apart. */
  grip() {
    const [first, second = first] = [...this.pointers.values()];
    const apart = Math.hypot(first.x - second.x, first.y - second.y);
    return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, spread: Math.max(apart, 1) };
  }

  /** @param {PointerEvent} event */
  handleUp({ pointerId, clientX, clientY }) {
    const pointer = this.pointers.get(pointerId);
    this.pointers.delete(pointerId);
    if (pointer && pointer.moved < CLICK_PX) this.followAt(clientX, clientY);
  }

  /**
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  followAt(x, y) {
    const away = (/** @type {import('./scene.js').ShipView} */ ship) => {
      const at = this.camera.toScreen(ship.x, ship.y);
      return Math.hypot(at.x - x, at.y - y);
    };
    const [nearest] = (this.scene?.ships ?? []).toSorted((a, b) => away(a) - away(b));
    if (nearest && away(nearest) < NEAR_PX) this.aim = { kind: 'ship', player: nearest.player };
  }
}
