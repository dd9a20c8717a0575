// @ts-check
// Sounds, from oscillators and noise. Each connects itself to where it is told to, begins at a time of the audio clock, and is
// gone when it has ended.

/** @type {WeakMap<BaseAudioContext, AudioBuffer>} */
const noises = new WeakMap();

/**
 * The shot of a gun: a tone that falls.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} pitch in Hz
 */
export function shot(to, at, pitch) {
  const tone = new OscillatorNode(to.context, { type: 'square', frequency: pitch });
  tone.frequency.exponentialRampToValueAtTime(pitch / 5, at + 0.12);
  tone.connect(fading(to, at, 0.14, 0.13));
  tone.start(at);
  tone.stop(at + 0.13);
}

/**
 * Something breaks: noise that grows dull.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} pitch where its noise is cut off, in Hz
 * @param {number} lasts in seconds
 */
export function burst(to, at, pitch, lasts) {
  const noise = new AudioBufferSourceNode(to.context, { buffer: noiseOf(to.context), loop: true });
  const dull = new BiquadFilterNode(to.context, { type: 'lowpass', frequency: pitch * 4, Q: 0.8 });
  dull.frequency.exponentialRampToValueAtTime(pitch / 4, at + lasts);
  noise.connect(dull).connect(fading(to, at, 0.8, lasts));
  noise.start(at, Math.random());
  noise.stop(at + lasts);
}

/**
 * Something good: two notes.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} pitch of the first, in Hz
 */
export function blip(to, at, pitch) {
  for (const [delay, frequency] of [[0, pitch], [0.08, pitch * 1.5]]) {
    const note = new OscillatorNode(to.context, { type: 'triangle', frequency });
    note.connect(fading(to, at + delay, 0.3, 0.2));
    note.start(at + delay);
    note.stop(at + delay + 0.2);
  }
}

/**
 * An engine: noise that never ends, as loud as the gain that is returned.
 * @param {AudioContext} context
 * @param {AudioNode} to
 * @returns {GainNode}
 */
export function engine(context, to) {
  const noise = new AudioBufferSourceNode(context, { buffer: noiseOf(context), loop: true });
  const dull = new BiquadFilterNode(context, { type: 'lowpass', frequency: 190, Q: 2 });
  const gain = new GainNode(context, { gain: 0 });
  noise.connect(dull).connect(gain).connect(to);
  noise.start();
  return gain;
}

/**
 * A gain that fades away.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} gain
 * @param {number} lasts in seconds
 */
function fading(to, at, gain, lasts) {
  const fade = new GainNode(to.context, { gain: 0 });
  fade.gain.setValueAtTime(gain, at);
  fade.gain.exponentialRampToValueAtTime(0.001, at + lasts);
  fade.connect(to);
  return fade;
}

/**
 * A second of white noise.
 * @param {BaseAudioContext} context
 */
function noiseOf(context) {
  const known = noises.get(context);
  if (known) return known;
  const buffer = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
  const samples = buffer.getChannelData(0);
  for (let at = 0; at < samples.length; at += 1) samples[at] = Math.random() * 2 - 1;
  noises.set(context, buffer);
  return buffer;
}
