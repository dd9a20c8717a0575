// @ts-check
/** The bundled game in JavaScript. */

import { FINGERPRINT, decodeServer } from './codec.js';
import { Controls } from './controls.js';
import { interpolateEntities } from './drawable.js';
import * as ids from './ids.js';
import { Prediction, isOwn, predictionError } from './prediction.js';
import { createReplica } from './replica.js';

/** @type {import('./game.js').Game} */
export const arena = Object.freeze({
  fingerprint: FINGERPRINT,
  decodeServer,
  encodeControls: Controls.encode,
  controls: Controls,
  createReplica,
  createPrediction: (/** @type {number | null} */ player) => new Prediction(player),
  avatar: ids.ship,
  owns: isOwn,
  predictionError,
  interpolate: interpolateEntities,
});
