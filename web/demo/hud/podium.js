// @ts-check
// The clock of the round, and the podium after its end.

import { createElement, element, setText } from '../dom.js';
import { clockText } from '../replay/time.js';
import { numberText, text } from '../texts.js';
import { playerColour } from '../theme.js';

/** The clock changes its color for the last seconds of a round. */
const SOON_S = 10;

/** Clock and podium. */
export class Podium {
  constructor() {
    this.clock = element('clock', HTMLElement);
    this.root = element('podium', HTMLElement);
    this.list = element('podium-places', HTMLOListElement);
    this.own = element('podium-own', HTMLElement);
    this.best = element('podium-best', HTMLElement);
    /** @type {import('../scene.js').PodiumView | null} */
    this.shown = null;
  }

  /** @param {import('../scene.js').Scene} scene */
  show({ roundLeftS, podium, podiumText }) {
    this.clock.hidden = roundLeftS === null;
    setText(this.clock, roundLeftS === null ? '' : clockText(Math.ceil(roundLeftS)));
    this.clock.classList.toggle('soon', roundLeftS !== null && roundLeftS <= SOON_S);
    this.root.hidden = podium === null;
    if (podium === null) return;
    setText(this.best, podiumText);
    this.best.hidden = podiumText === '';
    if (podium === this.shown) return;
    this.shown = podium;
    this.list.replaceChildren(...podium.places.map(placeElement));
    this.own.hidden = podium.own === null;
    if (podium.own) setText(this.own, ownText(podium.own));
  }
}

/** @param {import('../scene.js').PodiumView['places'][number]} place */
function placeElement({ player, score }) {
  const line = createElement('li', player.isOwn ? 'own' : '');
  const name = createElement('span', 'name', player.name);
  name.style.color = playerColour(player.player, player.isOwn);
  line.append(name, createElement('span', 'points', numberText(score)));
  return line;
}

/** @param {NonNullable<import('../scene.js').PodiumView['own']>} result */
function ownText({ score, rank, count }) {
  return text('podium.own', { score, rank, count });
}
