// A page on a slow line: it is there, and its scripts are not yet.

import type { Page } from "@playwright/test";

/** Keeps the pages' WebAssembly back until what this returns is called. */
export async function holdScripts(page: Page): Promise<() => void> {
  let arrive = () => {};
  const arrived = new Promise<void>((resolve) => (arrive = resolve));
  await page.route(/\.wasm$/, async (route) => {
    await arrived;
    await route.continue();
  });
  return arrive;
}
