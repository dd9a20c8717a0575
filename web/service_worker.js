// @ts-check
// The service worker of the page: shows a page of its own if the server cannot be reached. Everything else goes to the network as
// without a service worker, because the game needs the server anyway, and the HTTP cache already contains the files of the page.
//
// `demo/web_app.js` registers the service worker, and stores the page that the service worker shows.

/** As in `demo/web_app.js`. */
const CACHE = 'tickcast';
const OFFLINE_PAGE = '/offline';

const worker = /** @type {any} */ (self);

worker.addEventListener('install', () => worker.skipWaiting());

// Navigation preload: the browser sends the request for the page while this script starts.
worker.addEventListener('activate', (/** @type {any} */ event) => event.waitUntil(worker.registration.navigationPreload?.enable()));

worker.addEventListener('fetch', (/** @type {any} */ event) => {
  if (event.request.mode === 'navigate') event.respondWith(pageFor(event));
});

/**
 * @param {any} event of a navigation
 * @returns {Promise<Response>}
 */
async function pageFor(event) {
  try {
    return (await event.preloadResponse) ?? await fetch(event.request);
  } catch {
    const cache = await caches.open(CACHE);
    return (await cache.match(OFFLINE_PAGE)) ?? Response.error();
  }
}
