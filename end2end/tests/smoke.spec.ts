import { expect, test } from "@playwright/test";

test("the front page introduces itself", async ({ page }) => {
  const answer = await page.goto("/");
  expect(answer?.status()).toBe(200);
  await expect(page).toHaveTitle(/Portico/);
});
