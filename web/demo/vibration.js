// @ts-check
// Vibrates when the local ship is hit or destroyed, on devices that can, and only if the player has turned this on.

const HIT_MS = 35;
/** Vibrations and pauses in turn. */
const DESTROYED_MS = Object.freeze([90, 40, 180]);

/** Whether the browser has vibration. It exists also in browsers on devices that cannot vibrate. */
export function canVibrate() {
  return typeof navigator.vibrate === 'function';
}

/** The vibration. */
export class Vibration {
  /** @param {import('./settings.js').Settings} settings */
  constructor(settings) {
    this.settings = settings;
    this.hull = 0;
    this.isDead = false;
  }

  /** @param {import('./scene.js').Scene} scene */
  update({ own, phase }) {
    const [hull, isDead] = [own?.hull ?? 0, phase === 'dead'];
    if (isDead && !this.isDead) this.vibrate([...DESTROYED_MS]);
    else if (own && hull < this.hull) this.vibrate(HIT_MS);
    this.hull = hull;
    this.isDead = isDead;
  }

  /** @param {VibratePattern} pattern */
  vibrate(pattern) {
    // Before the first touch, browsers block vibration and log a warning.
    const isAllowed = navigator.userActivation?.hasBeenActive ?? true;
    if (this.settings.values.vibration && isAllowed && canVibrate()) navigator.vibrate(pattern);
  }
}
