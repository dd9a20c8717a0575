// @ts-check
// What one hears: every sound is made on the spot, none is a recording. Nothing is heard until the player turns it on, and
// browsers ask for a key or a click before that.

import { blip, burst, engine, shot } from './sound/voices.js';

/** Sounds come softer from afar, and this far away they are not heard, in units. */
const EARSHOT = 1100;
/** More sounds at a time than this are noise, and cost time. */
const VOICES_MAX = 24;
const LOUDNESS = 0.5;
/** How fast changes of loudness are followed: at once would click. */
const GLIDE_S = 0.03;

/** All that is heard. */
export class Sound {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    /** @type {AudioContext | null} */
    this.context = null;
    /** @type {GainNode | null} */
    this.out = null;
    /** @type {GainNode | null} how loud the own engine is */
    this.engine = null;
    /** When the sounds that play now end. @type {number[]} */
    this.playing = [];
    /** @type {Set<number>} */
    this.bullets = new Set();
    this.hull = 1;
  }

  /**
   * Lets a frame be heard.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Place} ear
   */
  show(scene, ear) {
    const { sound, volume } = this.settings.values;
    const isAllowed = navigator.userActivation?.hasBeenActive ?? true;
    if (sound && isAllowed && !this.context) this.open();
    if (!this.context || !this.out) return;
    this.out.gain.setTargetAtTime(sound ? volume * LOUDNESS : 0, this.context.currentTime, GLIDE_S);
    if (sound && this.context.state === 'suspended') void this.context.resume();
    this.hearEngine(scene.own?.isThrusting ?? false);
    this.hearShots(scene, ear);
    this.hearHits(scene);
    for (const happening of scene.happenings) this.hear(happening, ear);
  }

  open() {
    this.context = new AudioContext({ latencyHint: 'interactive' });
    this.out = this.context.createGain();
    this.out.gain.value = 0;
    const limiter = this.context.createDynamicsCompressor();
    this.out.connect(limiter).connect(this.context.destination);
    this.engine = engine(this.context, this.out);
    // A hidden tab draws no frames that could end what is heard.
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) void this.context?.suspend();
    });
  }

  /** @param {boolean} burns */
  hearEngine(burns) {
    this.engine?.gain.setTargetAtTime(burns ? 0.22 : 0, this.context?.currentTime ?? 0, 0.06);
  }

  /**
   * A bullet that was not there before was fired.
   * @param {import('./scene.js').Scene} scene
   * @param {import('./scene.js').Place} ear
   */
  hearShots({ bullets }, ear) {
    const before = this.bullets;
    this.bullets = new Set(bullets.map(({ id }) => id));
    for (const bullet of bullets) {
      if (before.has(bullet.id)) continue;
      this.play(bullet, ear, 0.13, (to, at) => shot(to, at, bullet.isOwn ? 880 : 640));
    }
  }

  /** @param {import('./scene.js').Scene} scene */
  hearHits({ own }) {
    const hull = own?.hull ?? this.hull;
    if (own && hull < this.hull) this.play(own, own, 0.25, (to, at) => burst(to, at, 900, 0.25));
    this.hull = hull;
  }

  /**
   * @param {import('./scene.js').Happening} happening
   * @param {import('./scene.js').Place} ear
   */
  hear(happening, ear) {
    if (happening.kind === 'ship-lost') this.play(happening, ear, 1.1, (to, at) => burst(to, at, 420, 1.1));
    if (happening.kind === 'rock-broken') this.play(happening, ear, 0.5, (to, at) => burst(to, at, 260, 0.5));
    if (happening.kind === 'bullet-hit') this.play(happening, ear, 0.12, (to, at) => burst(to, at, 1800, 0.12));
    if (happening.kind === 'orb-taken') this.play(happening, ear, 0.3, (to, at) => blip(to, at, 660));
  }

  /**
   * Plays something, softer from afar, and from the side it is on.
   * @param {import('./scene.js').Place} place
   * @param {import('./scene.js').Place} ear
   * @param {number} lasts in seconds
   * @param {(to: AudioNode, at: number) => void} voice
   */
  play(place, ear, lasts, voice) {
    const [dx, dy] = [place.x - ear.x, place.y - ear.y];
    const near = 1 - Math.hypot(dx, dy) / EARSHOT;
    if (near <= 0 || !this.context || !this.out || !this.settings.values.sound) return;
    const now = this.context.currentTime;
    this.playing = this.playing.filter((end) => end > now);
    if (this.playing.length >= VOICES_MAX) return;
    this.playing.push(now + lasts);
    const gain = new GainNode(this.context, { gain: near * near });
    const side = new StereoPannerNode(this.context, { pan: Math.max(Math.min(dx / EARSHOT, 1), -1) });
    gain.connect(side).connect(this.out);
    voice(gain, now);
  }
}
