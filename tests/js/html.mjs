// @ts-check
// A parser for the subset of HTML that index.html uses.

const TOKEN = /<!--[^]*?-->|<(\/?)([a-z0-9!]+)([^>]*)>|([^<]+)/g;
const ATTRIBUTE = /([a-z-]+)="([^"]*)"/g;
const VOID = new Set(['!doctype', 'circle', 'input', 'link', 'meta', 'path']);

/** @typedef {{name: string, attributes: Record<string, string>, children: (Element | string)[]}} Element */

/**
 * @param {string} html
 * @returns {Element[]} all elements
 */
export function elementsIn(html) {
  /** @type {Element} */
  const root = { name: 'root', attributes: {}, children: [] };
  const [open, all] = [[root], [root]];
  for (const [, slash, name, attributes, text] of html.matchAll(TOKEN)) {
    const parent = open[open.length - 1];
    if (text !== undefined) {
      parent.children.push(text);
    } else if (slash) {
      // An omitted end tag of an option.
      if (parent.name === 'option' && name !== 'option') open.pop();
      if (open.pop()?.name !== name) throw new Error(`unexpected </${name}>`);
    } else if (name !== undefined) {
      if (name === 'option' && parent.name === 'option') open.pop();
      const pairs = [...attributes.matchAll(ATTRIBUTE)].map((match) => match.slice(1));
      const element = { name, attributes: Object.fromEntries(pairs), children: [] };
      open[open.length - 1].children.push(element);
      all.push(element);
      if (!VOID.has(name) && !attributes.endsWith('/')) open.push(element);
    }
  }
  return all;
}
