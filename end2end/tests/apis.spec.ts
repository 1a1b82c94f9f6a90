// The catalogue of APIs: an administrator adds one and a scope of it, and a developer finds them.

import type { Page } from "@playwright/test";

import { faults } from "../lib/axe";
import { ADMIN, signIn, signOut, unique } from "../lib/people";
import { expect, test } from "../lib/test";

/** axe is a script itself; how wide a page is, is measured with one too. */
function looker(page: Page, scripts: boolean | undefined) {
  return async () => {
    if (scripts !== false) expect((await faults(page)).join("\n")).toBe("");
  };
}

test("an administrator adds an API and a scope, changes and removes them", async ({ page, world, javaScriptEnabled }) => {
  test.setTimeout(240_000);
  const look = looker(page, javaScriptEnabled);
  const tag = unique();
  // Nothing in it lets a line break, and a narrow page has to.
  const resource = `https://${tag}.example/ledger/of/the/second/floor/with/a/very/long/path/that/has/no/blank`;
  const scope = `ledger-${tag}:write`;
  const developer = await world.developer();
  const product = await world.emptyProduct();

  await signIn(page, ADMIN);
  await page.goto("/admin/keys");
  await page.getByRole("link", { name: "APIs", exact: true }).click();
  await expect(page.getByRole("heading", { name: "APIs", level: 1 })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: /\/api\/v1/ })).toBeVisible();
  await look();

  await page.getByRole("link", { name: "Add API" }).click();
  await page.getByLabel("Identifier").fill(`${resource}#part`);
  await page.getByRole("button", { name: "Add API" }).click();
  await expect(page.getByLabel("Identifier")).toHaveAccessibleDescription(/without a fragment/);
  await expect(page.getByLabel("Name", { exact: true })).toHaveAttribute("aria-invalid", "true");
  await look();
  await page.getByLabel("Name", { exact: true }).fill(`Ledger ${tag}`);
  await page.getByLabel("Identifier").fill(resource);
  await page.getByLabel("Access tokens").selectOption("jwt");
  await page.getByLabel("Run by").fill("Acme Voice");
  await page.getByRole("button", { name: "Add API" }).click();
  await expect(page.getByRole("heading", { name: `Ledger ${tag}`, level: 1 })).toBeVisible();
  await expect(page.getByText("No scopes yet")).toBeVisible();
  await expect(page.getByLabel("Access tokens")).toHaveValue("jwt");
  const path = new URL(page.url()).pathname;
  await look();

  await page.getByLabel("Scope", { exact: true }).fill("openid");
  await page.getByRole("button", { name: "Add scope" }).click();
  await expect(page.getByLabel("Scope", { exact: true })).toHaveAccessibleDescription(/OpenID Connect/);
  await look();
  await page.getByLabel("Scope", { exact: true }).fill(scope);
  await page.getByLabel("Category").fill("Ledger");
  await page.getByLabel("Description").fill("Write into the ledger");
  await page.getByLabel("Consent text").fill("Write into your ledger");
  await page.getByLabel("Which products can enable it").selectOption("both");
  await page.getByRole("button", { name: "Add scope" }).click();
  await expect(page.getByText("The scope is added.")).toBeVisible();
  await expect(page.getByRole("rowheader", { name: scope })).toBeVisible();
  await look();

  await page.getByRole("link", { name: `Edit ${scope}` }).click();
  await expect(page.getByRole("heading", { name: `Edit ${scope}`, level: 1 })).toBeVisible();
  await page.getByLabel("Consent text").fill("");
  await page.getByRole("button", { name: "Save scope" }).click();
  await expect(page.getByLabel("Consent text")).toHaveAttribute("aria-invalid", "true");
  await expect(page.getByLabel("Description")).toHaveValue("Write into the ledger");
  await look();
  await page.getByLabel("Consent text").fill("Add lines to your ledger");
  await page.getByRole("button", { name: "Save scope" }).click();
  await expect(page.getByRole("cell", { name: /Add lines to your ledger/ })).toBeVisible();

  // It has a scope, and stays.
  await page.getByRole("link", { name: "Remove API" }).click();
  await look();
  await page.getByRole("button", { name: "Remove API" }).click();
  await expect(page.getByText("It still has 1 scope.")).toBeVisible();

  await signOut(page);
  await signIn(page, developer);
  await page.goto(`${product}/scopes?q=${encodeURIComponent(scope)}`);
  await expect(page.getByRole("switch", { name: `Enabled: ${scope}` })).toBeVisible();
  expect((await page.goto(path))?.status()).toBe(404);
  await signOut(page);

  await signIn(page, ADMIN);
  await page.goto(path);
  await page.getByRole("link", { name: `Remove ${scope}` }).click();
  await expect(page.getByRole("heading", { name: `Remove ${scope}?` })).toBeVisible();
  await look();
  await page.getByRole("button", { name: "Remove scope" }).click();
  await expect(page.getByText("The scope is removed.")).toBeVisible();
  await page.getByRole("link", { name: "Remove API" }).click();
  await page.getByRole("button", { name: "Remove API" }).click();
  await expect(page.getByText("The API is removed.")).toBeVisible();
  await expect(page.getByText(resource)).toHaveCount(0);
  await page.goto("/admin/history");
  await expect(page.getByText(`Removed the API Ledger ${tag}, ${resource}`)).toBeVisible();
});
