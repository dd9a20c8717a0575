// @ts-check
// Launches the installed Chromium, headless and with an empty profile.

import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser'];
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Launches a browser with its own profile. @param {string[]} flags additional flags of the command line */
export function launch(flags = []) {
  return chromium.launch({ executablePath: executable(), headless: true, args: [...FLAGS, ...flags] });
}

/**
 * Launches a browser with a profile that is kept.
 * @param {string} folder of the profile
 * @param {import('playwright-core').BrowserContextOptions} options
 */
export function launchWithProfile(folder, options) {
  return chromium.launchPersistentContext(folder, { executablePath: executable(), headless: true, args: FLAGS, ...options });
}

/** @returns {string} `$CHROMIUM`, or the first Chromium in the search path */
function executable() {
  const configured = process.env.CHROMIUM;
  if (configured) return configured;
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const found = NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find(isExecutable);
  if (!found) throw new Error(`no ${NAMES.join(' or ')} in the search path: install one, or set CHROMIUM to its path`);
  return found;
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
