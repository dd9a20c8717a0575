// @ts-check
// Synthesized sound effects. Sound is off by default. Browsers play no sound before the first key press or click on the page.

import { LOW_HULL } from './scene.js';
import { burst, engine, notes, shot } from './sound/voices.js';

/** Distance, in units, beyond which sounds are inaudible. Up to this distance, they become quieter with distance. */
const HEARING_RANGE = 1100;
/** Maximum number of simultaneous sounds. */
const VOICES_MAX = 24;
const MASTER_GAIN = 0.5;
/** Replays at more than this speed, in quarters of real time, are silent: their sounds would only be noise. */
const QUARTERS_MAX = 8;
/** Pitches of short melodies, in Hz. */
const ORB = Object.freeze([660, 990]);
const KILL = Object.freeze([392, 523, 784]);
const STREAK = Object.freeze([523, 659, 784, 1047, 1319]);
/** An offer of upgrades, and the choice of one. */
const OFFER = Object.freeze([587, 880]);
/** The end of a round. */
const ROUND_END = Object.freeze([523, 523, 523, 784, 659, 784]);
const UPGRADE = Object.freeze([440, 554, 659, 880]);
const LOW_HULL_ALARM = Object.freeze([440, 311, 440, 311]);
/** Number of kills in a row from which a kill has the sound of a streak. */
const STREAK_MIN = 3;
/** Time constant of volume changes. Abrupt changes would cause audible clicks. */
const RAMP_S = 0.03;

/** Plays the sounds of a scene. */
export class Sound {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {GainNode | null} */
    this.out = null;
    /** @type {GainNode | null} volume of the local ship's engine */
    this.engine = null;
    /** End times of the sounds that are playing. @type {number[]} */
    this.playing = [];
    /** @type {Set<number>} ids of the bullets in the last frame */
    this.bullets = new Set();
    this.hull = 1;
    /** The local player and the player's kills in the last frame. @type {{player: number, kills: number} | null} */
    this.standing = null;
    this.recharge = 0;
    this.hasPodium = false;
    /** The level of the local ship in the last frame, and whether it had an offer. */
    this.progress = { level: 1, hasOffer: false };
  }

  /**
   * Plays the sounds of a frame.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Point} listener
   */
  update(scene, listener) {
    const { volume } = this.settings.values;
    const sound = this.settings.values.sound && (scene.replay?.quarters ?? 0) <= QUARTERS_MAX;
    const isAllowed = navigator.userActivation?.hasBeenActive ?? true;
    if (sound && isAllowed && !this.context) this.open();
    if (!this.context || !this.out) return;
    this.out.gain.setTargetAtTime(sound ? volume * MASTER_GAIN : 0, this.context.currentTime, RAMP_S);
    if (sound && this.context.state === 'suspended') void this.context.resume();
    this.updateEngine(scene.own?.isThrusting ?? false);
    this.playShots(scene, listener);
    this.playHits(scene);
    this.playKills(scene, listener);
    this.playDash(scene);
    this.playProgress(scene);
    this.playRoundEnd(scene, listener);
    for (const event of scene.visualEvents) this.playEvent(event, listener);
  }

  open() {
    this.context = new AudioContext({ latencyHint: 'interactive' });
    this.out = this.context.createGain();
    this.out.gain.value = 0;
    const limiter = this.context.createDynamicsCompressor();
    this.out.connect(limiter).connect(this.context.destination);
    this.engine = engine(this.context, this.out);
    // A hidden tab draws no frames, so `updateEngine` is not called and cannot stop the sound of the engine.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) void this.context?.suspend();
    });
  }

  /** @param {boolean} isOn */
  updateEngine(isOn) {
    this.engine?.gain.setTargetAtTime(isOn ? 0.22 : 0, this.context?.currentTime ?? 0, 0.06);
  }

  /**
   * Plays a shot for every new bullet.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Point} listener
   */
  playShots({ bullets, isCut }, listener) {
    const before = this.bullets;
    this.bullets = new Set(bullets.map(({ id }) => id));
    if (isCut) return;
    for (const bullet of bullets) {
      if (before.has(bullet.id)) continue;
      this.play(bullet, listener, 0.13, (to, at) => shot(to, at, bullet.isOwn ? 880 : 640));
    }
  }

  /** @param {import('./scene.js').Scene} scene */
  playHits({ own }) {
    const hull = own?.hull ?? this.hull;
    if (own && hull < this.hull) this.play(own, own, 0.25, (to, at) => burst(to, at, 900, 0.25));
    const isAlarm = own && hull <= LOW_HULL && this.hull > LOW_HULL;
    if (isAlarm) this.play(own, own, 0.5, (to, at) => notes(to, at, 'sawtooth', LOW_HULL_ALARM));
    this.hull = hull;
  }

  /**
   * Plays a melody for a kill of the local player, and another one for a kill in a streak.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Point} listener
   */
  playKills({ players }, listener) {
    const own = players.find(({ isOwn }) => isOwn) ?? null;
    const isKill = own && this.standing?.player === own.player && own.kills > this.standing.kills;
    this.standing = own;
    if (!isKill) return;
    const melody = own.streak >= STREAK_MIN ? STREAK : KILL;
    this.play(listener, listener, 0.5, (to, at) => notes(to, at, 'square', melody));
  }

  /** @param {import('./scene.js').Scene} scene */
  playDash({ own }) {
    const recharge = own?.recharge ?? 0;
    if (own && recharge > this.recharge) this.play(own, own, 0.35, (to, at) => burst(to, at, 1300, 0.35));
    this.recharge = recharge;
  }

  /**
   * Plays a fanfare at the end of a round.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Point} listener
   */
  playRoundEnd({ podium }, listener) {
    if (podium && !this.hasPodium) this.play(listener, listener, 0.7, (to, at) => notes(to, at, 'square', ROUND_END));
    this.hasPodium = podium !== null;
  }

  /** Plays a melody for an offer of upgrades, and another one for the choice. @param {import('./scene.js').Scene} scene */
  playProgress({ own }) {
    if (!own) return;
    const before = this.progress;
    this.progress = { level: own.level, hasOffer: own.offer.length > 0 };
    if (own.level > before.level) this.play(own, own, 0.5, (to, at) => notes(to, at, 'triangle', UPGRADE));
    else if (this.progress.hasOffer && !before.hasOffer) this.play(own, own, 0.3, (to, at) => notes(to, at, 'triangle', OFFER));
  }

  /**
   * @param {import('./scene.js').VisualEvent} event
   * @param {import('./scene.js').Point} listener
   */
  playEvent(event, listener) {
    if (event.kind === 'ship-destroyed') this.play(event, listener, 1.1, (to, at) => burst(to, at, 420, 1.1));
    if (event.kind === 'rock-destroyed') this.play(event, listener, 0.5, (to, at) => burst(to, at, 260, 0.5));
    if (event.kind === 'bullet-hit') this.play(event, listener, 0.12, (to, at) => burst(to, at, 1800, 0.12));
    if (event.kind === 'orb-collected') this.play(event, listener, 0.3, (to, at) => notes(to, at, 'triangle', ORB));
  }

  /**
   * Plays a sound at a position, with distance attenuation and stereo panning.
   * @param {import('./scene.js').Point} position
   * @param {import('./scene.js').Point} listener
   * @param {number} durationS
   * @param {(to: AudioNode, at: number) => void} voice
   */
  play(position, listener, durationS, voice) {
    const [dx, dy] = [position.x - listener.x, position.y - listener.y];
    const proximity = 1 - Math.hypot(dx, dy) / HEARING_RANGE;
    if (proximity <= 0 || !this.context || !this.out || !this.settings.values.sound) return;
    const now = this.context.currentTime;
    this.playing = this.playing.filter((end) => end > now);
    if (this.playing.length >= VOICES_MAX) return;
    this.playing.push(now + durationS);
    const gain = new GainNode(this.context, { gain: proximity * proximity });
    const panner = new StereoPannerNode(this.context, { pan: Math.max(Math.min(dx / HEARING_RANGE, 1), -1) });
    gain.connect(panner).connect(this.out);
    voice(gain, now);
  }
}
