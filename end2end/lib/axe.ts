// What axe and a narrow screen find wrong with a page.

import AxeBuilder from "@axe-core/playwright";
import type { Page } from "@playwright/test";

/** Everything that is wrong with the page as it stands, in lines. */
export async function faults(page: Page): Promise<string[]> {
  await page.waitForLoadState();
  const where = `${new URL(page.url()).pathname} “${await page.title()}”`;
  const found: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    // Without frames of elsewhere, which our pages do not have, axe needs no page of its own each time.
    const builder = new AxeBuilder({ page }).setLegacyMode(true);
    // What is not a matter of colours is the same in the dark.
    const { violations } = await (colorScheme === "light" ? builder : builder.withRules("color-contrast")).analyze();
    for (const { id, help, nodes } of violations) {
      const [first] = nodes;
      found.push(`${where}, ${colorScheme}: ${id}: ${help} (${nodes.length}): ${first?.html} ${first?.any[0]?.message ?? ""}`);
    }
  }
  const wide = page.viewportSize()!;
  for (const width of [1280, 1024, 768, 360, 320]) {
    await page.setViewportSize({ width, height: 740 });
    const needed = await page.evaluate(() => document.documentElement.scrollWidth);
    if (needed > width) found.push(`${where}: ${needed} px wide at ${width} px`);
  }
  await page.setViewportSize(wide);
  return found;
}
