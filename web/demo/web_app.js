// @ts-check
// Lets browsers install the page as an app. While the server cannot be reached, the service worker shows an offline page.
// This module stores the offline page, because the service worker does not know the texts in the user's language.

import { text } from './texts.js';

/** As in `service_worker.js`. */
const CACHE = 'tickcast';
const OFFLINE_PAGE = '/offline';
const DOCTYPE = '<!DOCTYPE html>';

/** Registers the service worker as soon as the page has loaded. Does nothing in browsers without service workers. */
export function installWebApp() {
  if (!('serviceWorker' in navigator)) return;
  if (document.readyState === 'complete') void register();
  else window.addEventListener('load', () => void register(), { once: true });
}

async function register() {
  try {
    await navigator.serviceWorker.register('service_worker.js');
    const cache = await caches.open(CACHE);
    await cache.put(OFFLINE_PAGE, new Response(offlinePage(), { headers: { 'Content-Type': 'text/html; charset=utf-8' } }));
  } catch {
    // The browser does not allow service workers or storage. The page works without them.
  }
}

/** The page, as HTML. Its style sheets are those of this page, which the HTTP cache contains. */
function offlinePage() {
  const page = document.implementation.createHTMLDocument(document.title);
  page.documentElement.lang = document.documentElement.lang;
  for (const part of [...document.head.getElementsByTagName('meta'), ...document.head.getElementsByTagName('link')]) {
    if (part instanceof HTMLLinkElement && part.rel !== 'stylesheet') continue;
    const copy = page.importNode(part);
    if (part instanceof HTMLLinkElement) copy.setAttribute('href', part.href);
    page.head.append(copy);
  }
  const [main, card, title, explanation, again] = ['main', 'section', 'h1', 'p', 'a'].map((tag) => page.createElement(tag));
  card.classList.add('card', 'notice');
  title.textContent = text('offline.title');
  explanation.textContent = text('offline.text');
  again.textContent = text('notice.tryAgain');
  again.setAttribute('href', '');
  card.append(title, explanation, again);
  main.append(card);
  page.body.append(main);
  return DOCTYPE + page.documentElement.outerHTML;
}
