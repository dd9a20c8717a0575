// @ts-check
// The spectator's camera: it shows the whole arena, follows a ship, or moves freely. A click on a ship makes the camera follow
// it. Dragging moves the camera; the wheel or two fingers zoom.

import { isGameKey } from './input/keyboard.js';

/** Maximum movement of a pointer during a click, in CSS pixels. A longer movement is a drag. */
const CLICK_PX = 8;
/** Maximum distance between a click and the ship that it selects, in CSS pixels. */
const SELECT_PX = 36;
/** Fraction of the distance to the target that remains after one second of camera motion. */
const REMAINING_AFTER_S = 0.002;
const KEY_ZOOM = 1.25;

/**
 * @typedef {import('./camera.js').CameraPose} CameraPose
 * @typedef {{kind: 'whole'} | {kind: 'ship', player: number} | {kind: 'free', pose: CameraPose}} CameraTarget
 */

/** The spectator's camera. */
export class SpectatorCamera {
  /**
   * @param {import('./camera.js').Camera} camera
   * @param {HTMLElement} surface
   */
  constructor(camera, surface) {
    this.camera = camera;
    this.surface = surface;
    /** @type {CameraTarget} */
    this.target = { kind: 'whole' };
    /** @type {import('./scene.js').Scene | null} the last scene */
    this.scene = null;
    /** The pressed pointers, and how far each has moved. @type {Map<number, {x: number, y: number, moved: number}>} */
    this.pointers = new Map();
    /** @type {AbortController | null} */
    this.listening = null;
  }

  /** Starts listening, and shows the whole arena. */
  start() {
    this.stop();
    this.target = { kind: 'whole' };
    this.listening = new AbortController();
    const { signal } = this.listening;
    window.addEventListener('keydown', (event) => this.handleKeyDown(event), { signal });
    this.surface.addEventListener('wheel', (event) => this.handleWheel(event), { signal, passive: false });
    this.surface.addEventListener('pointerdown', (event) => this.handlePointerDown(event), { signal });
    window.addEventListener('pointermove', (event) => this.handlePointerMove(event), { signal });
    window.addEventListener('pointerup', (event) => this.handlePointerUp(event), { signal });
    window.addEventListener('pointercancel', (event) => this.pointers.delete(event.pointerId), { signal });
  }

  stop() {
    this.listening?.abort();
    this.listening = null;
    this.pointers.clear();
    this.scene = null;
  }

  /** The player whose ship the camera follows, or `null`. */
  get followedPlayer() {
    const { target } = this;
    return target.kind === 'ship' ? this.scene?.players.find(({ player }) => player === target.player) ?? null : null;
  }

  /**
   * Moves the camera towards its target.
   * @param {import('./scene.js').Scene} scene
   * @param {number} stepMs time since the last call
   */
  update(scene, stepMs) {
    const isFirst = this.scene === null || this.scene.worldSize !== scene.worldSize;
    this.scene = scene;
    if (!this.canFollow(scene)) this.showWholeArena();
    const pose = this.targetPose(scene);
    this.camera.setPose(isFirst || this.target.kind === 'free' ? pose : this.approach(pose, stepMs));
  }

  /**
   * Whether the camera can keep its target. To follow a player, the camera needs the player or the player's ship in the
   * scene. One of them is enough: a player without a ship will respawn, and a ship may be in the world before its player is
   * announced.
   * @param {import('./scene.js').Scene} scene
   */
  canFollow({ players, ships }) {
    const { target } = this;
    return target.kind !== 'ship' || [...players, ...ships].some(({ player }) => player === target.player);
  }

  /** Shows the whole arena. */
  showWholeArena() {
    this.target = { kind: 'whole' };
  }

  /** Follows another ship, in the order of the leaderboard. @param {number} step 1 for the next one, -1 for the previous one */
  follow(step) {
    const players = this.scene?.players.map(({ player }) => player) ?? [];
    if (players.length === 0) return;
    const at = this.target.kind === 'ship' ? players.indexOf(this.target.player) : step > 0 ? -1 : 0;
    this.target = { kind: 'ship', player: players[(at + step + players.length) % players.length] };
  }

  /**
   * @param {import('./scene.js').Scene} scene
   * @returns {CameraPose}
   */
  targetPose({ ships, worldSize }) {
    const { target, camera } = this;
    if (target.kind === 'whole') return camera.wholeWorldPose(worldSize);
    if (target.kind === 'free') return target.pose;
    const ship = ships.find(({ player }) => player === target.player);
    return ship ? camera.playPose(ship, worldSize) : camera;
  }

  /**
   * Returns a pose between the current one and `pose`. The speed of the approach does not depend on the frame rate.
   * @param {CameraPose} pose
   * @param {number} stepMs
   */
  approach(pose, stepMs) {
    const { x, y, scale } = this.camera;
    const fraction = 1 - REMAINING_AFTER_S ** (stepMs / 1000);
    const towards = (/** @type {number} */ from, /** @type {number} */ to) => from + (to - from) * fraction;
    return { x: towards(x, pose.x), y: towards(y, pose.y), scale: scale * (pose.scale / scale) ** fraction };
  }

  /**
   * Pans and zooms. Afterwards, the camera keeps its pose until another target is selected.
   * @param {number} dx in CSS pixels
   * @param {number} dy
   * @param {number} zoom factor
   * @param {import('./scene.js').Point} anchor position of the pointers before the movement, in CSS pixels
   */
  panAndZoom(dx, dy, zoom, anchor) {
    const { camera } = this;
    const world = camera.toWorld(anchor.x, anchor.y);
    const scale = camera.scale * zoom;
    const center = camera.center();
    const [x, y] = [world.x - (anchor.x + dx - center.x) / scale, world.y - (anchor.y + dy - center.y) / scale];
    const pose = camera.clampedPose({ x, y, scale }, this.scene?.worldSize ?? 0);
    this.target = { kind: 'free', pose };
    camera.setPose(pose);
  }

  /** @param {KeyboardEvent} event */
  handleKeyDown(event) {
    if (!isGameKey(event)) return;
    const center = this.camera.center();
    if (event.code === 'KeyD' || event.code === 'ArrowRight') this.follow(1);
    else if (event.code === 'KeyA' || event.code === 'ArrowLeft') this.follow(-1);
    else if (event.code === 'KeyW' || event.code === 'ArrowUp') this.showWholeArena();
    else if (event.key === '+' || event.key === '=') this.panAndZoom(0, 0, KEY_ZOOM, center);
    else if (event.key === '-') this.panAndZoom(0, 0, 1 / KEY_ZOOM, center);
  }

  /** @param {WheelEvent} event */
  handleWheel(event) {
    event.preventDefault();
    this.panAndZoom(0, 0, Math.exp(-event.deltaY / 500), { x: event.clientX, y: event.clientY });
  }

  /** @param {PointerEvent} event */
  handlePointerDown({ pointerId, clientX, clientY }) {
    this.pointers.set(pointerId, { x: clientX, y: clientY, moved: 0 });
  }

  /** @param {PointerEvent} event */
  handlePointerMove({ pointerId, clientX, clientY }) {
    const pointer = this.pointers.get(pointerId);
    if (!pointer) return;
    const [dx, dy] = [clientX - pointer.x, clientY - pointer.y];
    pointer.moved += Math.hypot(dx, dy);
    const before = this.gesture();
    Object.assign(pointer, { x: clientX, y: clientY });
    const after = this.gesture();
    if (pointer.moved < CLICK_PX && this.pointers.size === 1) return;
    this.panAndZoom(after.x - before.x, after.y - before.y, after.spread / before.spread, before);
  }

  /** The center of up to two pressed pointers, and the distance between them. */
  gesture() {
    const [first, second = first] = [...this.pointers.values()];
    const distance = Math.hypot(first.x - second.x, first.y - second.y);
    return { x: (first.x + second.x) / 2, y: (first.y + second.y) / 2, spread: Math.max(distance, 1) };
  }

  /** @param {PointerEvent} event */
  handlePointerUp({ pointerId, clientX, clientY }) {
    const pointer = this.pointers.get(pointerId);
    this.pointers.delete(pointerId);
    if (pointer && pointer.moved < CLICK_PX) this.followAt(clientX, clientY);
  }

  /**
   * @param {number} x in CSS pixels
   * @param {number} y
   */
  followAt(x, y) {
    const distance = (/** @type {import('./scene.js').ShipView} */ ship) => {
      const at = this.camera.toScreen(ship.x, ship.y);
      return Math.hypot(at.x - x, at.y - y);
    };
    const [nearest] = (this.scene?.ships ?? []).toSorted((a, b) => distance(a) - distance(b));
    if (nearest && distance(nearest) < SELECT_PX) this.target = { kind: 'ship', player: nearest.player };
  }
}
