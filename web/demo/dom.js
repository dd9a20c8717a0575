// @ts-check
// Access to the elements of index.html. Text from players is inserted as text, never as markup.

import { text } from './texts.js';

/**
 * Returns the element with the given id. Throws an error if there is none of the given type.
 * @template {Element} E
 * @param {string} id
 * @param {new () => E} type
 * @returns {E}
 */
export function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`index.html has no #${id}`);
  return found;
}

/**
 * Sets the text of an element, unless the element has this text already.
 * @param {Element} target
 * @param {string} content
 */
export function setText(target, content) {
  if (target.textContent !== content) target.textContent = content;
}

/**
 * Creates an element with a text.
 * @param {string} tag
 * @param {string} className
 * @param {string} [content]
 */
export function createElement(tag, className, content = '') {
  const created = document.createElement(tag);
  if (className) created.className = className;
  created.textContent = content;
  return created;
}

/**
 * Creates a close button.
 * @param {() => void} onClick
 */
export function createCloseButton(onClick) {
  const button = createElement('button', 'close', '×');
  button.setAttribute('type', 'button');
  button.setAttribute('aria-label', text('common.close'));
  button.addEventListener('click', onClick);
  return button;
}
