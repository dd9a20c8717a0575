// @ts-check
// Synthesizer voices made of oscillators and noise. Each voice connects to the node `to`. Except for the engine, each voice starts
// at the time `at` of the audio clock and ends by itself.

/** Time between the beginnings of two notes. */
const NOTE_S = 0.08;

/** @type {WeakMap<BaseAudioContext, AudioBuffer>} */
const noises = new WeakMap();

/**
 * A gunshot: a falling tone.
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
 * An explosion: noise through a falling low-pass filter.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} pitch cutoff frequency in the middle of the explosion, in Hz
 * @param {number} durationS
 */
export function burst(to, at, pitch, durationS) {
  const noise = new AudioBufferSourceNode(to.context, { buffer: noiseOf(to.context), loop: true });
  const lowpass = new BiquadFilterNode(to.context, { type: 'lowpass', frequency: pitch * 4, Q: 0.8 });
  lowpass.frequency.exponentialRampToValueAtTime(pitch / 4, at + durationS);
  noise.connect(lowpass).connect(fading(to, at, 0.8, durationS));
  noise.start(at, Math.random());
  noise.stop(at + durationS);
}

/**
 * A sequence of notes.
 * @param {AudioNode} to
 * @param {number} at
 * @param {OscillatorType} type of the wave
 * @param {readonly number[]} pitches in Hz
 */
export function notes(to, at, type, pitches) {
  pitches.forEach((frequency, index) => {
    const start = at + index * NOTE_S;
    const note = new OscillatorNode(to.context, { type, frequency });
    note.connect(fading(to, start, type === 'triangle' ? 0.3 : 0.12, 0.2));
    note.start(start);
    note.stop(start + 0.2);
  });
}

/**
 * An engine: continuous noise. The returned node controls its volume.
 * @param {AudioContext} context
 * @param {AudioNode} to
 * @returns {GainNode}
 */
export function engine(context, to) {
  const noise = new AudioBufferSourceNode(context, { buffer: noiseOf(context), loop: true });
  const lowpass = new BiquadFilterNode(context, { type: 'lowpass', frequency: 190, Q: 2 });
  const gain = new GainNode(context, { gain: 0 });
  noise.connect(lowpass).connect(gain).connect(to);
  noise.start();
  return gain;
}

/**
 * A gain that fades out.
 * @param {AudioNode} to
 * @param {number} at
 * @param {number} gain
 * @param {number} durationS
 */
function fading(to, at, gain, durationS) {
  const fade = new GainNode(to.context, { gain: 0 });
  fade.gain.setValueAtTime(gain, at);
  fade.gain.exponentialRampToValueAtTime(0.001, at + durationS);
  fade.connect(to);
  return fade;
}

/**
 * One second of white noise, cached per context.
 * @param {BaseAudioContext} context
 */
function noiseOf(context) {
  const cached = noises.get(context);
  if (cached) return cached;
  const buffer = new AudioBuffer({ length: context.sampleRate, sampleRate: context.sampleRate });
  const samples = buffer.getChannelData(0);
  for (let at = 0; at < samples.length; at += 1) samples[at] = Math.random() * 2 - 1;
  noises.set(context, buffer);
  return buffer;
}
