// @ts-check
// Measures the memory of a page, after a garbage collection.

/** The memory of a page. */
export class Heap {
  /** @param {import('playwright-core').CDPSession} session */
  constructor(session) {
    this.session = session;
  }

  /** @param {import('playwright-core').Page} page */
  static async of(page) {
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    return new Heap(session);
  }

  /** @returns {Promise<{bytes: number, listeners: number, nodes: number}>} heap size, event listeners, and DOM nodes */
  async measure() {
    await this.session.send('HeapProfiler.collectGarbage');
    const { metrics } = await this.session.send('Performance.getMetrics');
    const value = (/** @type {string} */ wanted) => metrics.find(({ name }) => name === wanted)?.value ?? NaN;
    return { bytes: value('JSHeapUsedSize'), listeners: value('JSEventListeners'), nodes: value('Nodes') };
  }
}
