// @ts-check
// Puts the texts of the chosen language into index.html, and into elements that contain other elements.
//
// In index.html, `data-text="key"` names the text of an element. `{1}` in this text stands for the first element inside.
// `data-label`, `data-title` and `data-placeholder` name the texts of the attributes aria-label, title and placeholder. The
// page itself contains the English texts.

import { chooseLanguage, messageParts, text } from './texts.js';

const ATTRIBUTES = Object.freeze({ label: 'aria-label', title: 'title', placeholder: 'placeholder' });

/**
 * Chooses the language, and translates the page.
 * @param {string | null} requested a language that is preferred to those of the browser
 */
export async function translatePage(requested) {
  const locales = requested ? [requested, ...navigator.languages] : navigator.languages;
  document.documentElement.lang = await chooseLanguage(locales);
  for (const element of document.querySelectorAll('[data-text]')) {
    const children = Object.fromEntries([...element.children].map((child, index) => [index + 1, child]));
    element.replaceChildren(...textNodes(element.getAttribute('data-text') ?? '', children));
  }
  for (const [name, attribute] of Object.entries(ATTRIBUTES)) {
    for (const element of document.querySelectorAll(`[data-${name}]`)) {
      element.setAttribute(attribute, text(element.getAttribute(`data-${name}`) ?? ''));
    }
  }
  nameColumns();
}

/**
 * Returns a text in which elements stand for parameters.
 * @param {string} key
 * @param {Readonly<Record<string, Element | string>>} values
 */
export function textNodes(key, values) {
  return messageParts(key).map((part, at) => (at % 2 === 0 ? part : values[part] ?? '')).filter((node) => node !== '');
}

/** Tells each cell of the help the name of its column. In small windows, there is no header row, and the cells show this name. */
function nameColumns() {
  const [header, ...rows] = document.querySelectorAll('#help tr');
  for (const row of rows) {
    [...row.children].forEach((cell, at) => cell.setAttribute('data-column', header.children[at].textContent ?? ''));
  }
}
