// @ts-check
// Access to the elements of index.html. Text from players is inserted as text, never as markup.

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
 * @param {string} text
 */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/**
 * Creates an element with a text.
 * @param {string} tag
 * @param {string} className
 * @param {string} [text]
 */
export function createElement(tag, className, text = '') {
  const created = document.createElement(tag);
  if (className) created.className = className;
  created.textContent = text;
  return created;
}

/**
 * Creates a close button.
 * @param {() => void} onClick
 */
export function createCloseButton(onClick) {
  const button = createElement('button', 'close', '×');
  button.setAttribute('type', 'button');
  button.setAttribute('aria-label', 'Close');
  button.addEventListener('click', onClick);
  return button;
}
