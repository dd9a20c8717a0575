// @ts-check
// The scene while there is no session.

import { emptyViews } from './session/views.js';

/** @returns {import('./scene.js').Scene} the scene while the menu is shown */
export function emptyScene() {
  return {
    ...emptyViews(),
    phase: 'menu',
    tick: null,
    worldSize: 0,
    room: '',
    player: null,
    own: null,
    ghost: null,
    focus: null,
    map: null,
    players: [],
    visualEvents: [],
    feedItems: [],
    respawnInMs: 0,
    respawnMs: 1,
    killer: null,
    bestText: '',
    lifeText: '',
    roundLeftS: null,
    podium: null,
    podiumText: '',
    replay: null,
    isCut: false,
    instantReplay: null,
    rttMs: null,
    snapshotAgeMs: 0,
    isStalled: false,
    isSpectator: false,
    reconnection: null,
    closeCode: null,
    closeText: '',
    newShipText: '',
  };
}
