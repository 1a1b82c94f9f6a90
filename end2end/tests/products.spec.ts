// Products beside the walkthrough: what they say about themselves, their scopes, where they go.

import { faults } from "../lib/axe";
import { signIn } from "../lib/people";
import { holdScripts } from "../lib/scripts";
import { expect, test } from "../lib/test";

test("creating a product: what is missing is said beside its field, and nothing typed is lost", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const organization = await world.organization();
  await page.goto(organization);
  await page.getByRole("main").getByRole("link", { name: "Create product" }).first().click();
  await page.getByRole("radio", { name: /Operators/ }).check();
  await page.getByLabel("Description").fill("Counts what passes by.");
  await page.getByRole("button", { name: "Create product" }).click();
  await expect(page.getByLabel("Name")).toHaveAccessibleDescription(/Write the name/);
  await expect(page.getByRole("radio", { name: /Operators/ })).toBeChecked();
  await expect(page.getByLabel("Description")).toHaveValue("Counts what passes by.");
});

test("the description is edited, and a web address is checked", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(path);
  await page.getByLabel("Terms of use").fill("javascript:alert(1)");
  await page.getByLabel("Description").fill("Listen anywhere.");
  await page.getByRole("button", { name: "Save description" }).click();
  await expect(page.getByLabel("Terms of use")).toHaveAccessibleDescription(/begins with https:/);
  await expect(page.getByLabel("Description")).toHaveValue("Listen anywhere.");
  await page.getByLabel("Terms of use").fill("https://example.com/terms");
  await page.getByRole("button", { name: "Save description" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await expect(page.getByLabel("Terms of use")).toHaveValue("https://example.com/terms");
});

test("scopes can be filtered by a link, and what is hidden stays as it is", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const { path } = await world.product();
  await page.goto(`${path}/scopes?q=voicemail`);
  await expect(page.getByRole("row", { name: /voicemail\.get/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /offline_access/ })).toBeHidden();
  await page.getByRole("switch", { name: "Enabled: voicemail.get" }).check();
  await page.getByRole("switch", { name: "Optional: voicemail.get" }).check();
  await page.getByRole("button", { name: "Save scopes" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  await page.goto(`${path}/scopes`);
  for (const scope of ["openid", "phone", "offline_access", "voicemail.get"]) {
    await expect(page.getByRole("switch", { name: `Enabled: ${scope}`, exact: true })).toBeChecked();
  }
  await expect(page.getByRole("switch", { name: "Optional: voicemail.get" })).toBeChecked();
});

test("the filter works while typing, or with its button", async ({ page, world, javaScriptEnabled }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/scopes`);
  await page.getByLabel("Filter scopes").fill("sms");
  if (javaScriptEnabled === false) await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByRole("row", { name: /sms\.text:send_to_subscriber/ })).toBeVisible();
  await expect(page.getByRole("row", { name: /offline_access/ })).toBeHidden();
  await page.getByLabel("Filter scopes").fill("nothing like it");
  if (javaScriptEnabled === false) await page.getByRole("button", { name: "Filter" }).click();
  await expect(page.getByText("No scope matches.")).toBeVisible();
  await page.getByRole("link", { name: "Clear the filter" }).click();
  await expect(page.getByRole("row", { name: /offline_access/ })).toBeVisible();
});

test("withdrawing from an operator that has enabled it is asked about first", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const { path } = await world.product();
  await page.goto(`${path}/distribution`);
  await page.getByRole("switch", { name: "Available for Nordtel" }).uncheck();
  await page.getByRole("button", { name: "Save distribution" }).click();
  await expect(page.getByRole("alert")).toContainText("takes the product away");
  await expect(page.getByRole("row", { name: /Nordtel/ })).toContainText("Enabled");
  await page.getByRole("button", { name: "Withdraw and save" }).click();
  await expect(page.getByText("Withdrawn from 1 operator.")).toBeVisible();
  await expect(page.getByRole("row", { name: /Nordtel/ })).toContainText("Not offered");
});

test("a product without clients can be deleted, by typing its name", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const name = "Paper Boat";
  const path = await world.emptyProduct(name);
  await page.goto(`${path}/information`);
  await page.getByRole("link", { name: "Delete product" }).click();
  await page.getByRole("button", { name: "Delete product" }).click();
  await expect(page.getByLabel(`Type ${name} to confirm`)).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel(`Type ${name} to confirm`).fill(name);
  await page.getByRole("button", { name: "Delete product" }).click();
  await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
  expect((await page.goto(path))?.status()).toBe(404);
});

test("somebody else's product does not exist", async ({ page, browser, world, nordtel }) => {
  const { path } = await world.product();
  const answer = await nordtel.request.get(`${path}/clients`);
  expect(answer.status()).toBe(404);
});

test("what was typed before the scripts are there filters once they are @scripts", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  const arrive = await holdScripts(page);
  await page.goto(`${path}/scopes`, { waitUntil: "domcontentloaded" });
  await page.getByLabel("Filter scopes").fill("sms");
  await expect(page.getByRole("row", { name: /offline_access/ })).toBeVisible();
  arrive();
  await expect(page.getByRole("row", { name: /offline_access/ })).toBeHidden();
});

test("the palette: a few letters, Enter, and one is there @scripts", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct("Lighthouse");
  await page.goto(`${path}/clients`);
  const open = page.getByRole("button", { name: "Search and commands" });
  const palette = page.getByRole("dialog", { name: "Search and commands" });
  const field = palette.getByRole("combobox");
  await open.click();
  await expect(field).toBeFocused();
  await field.fill("zeppelin");
  await expect(palette.getByText("Nothing matches")).toBeVisible();
  await field.fill("lighth scop");
  await expect(palette.getByRole("option")).toHaveCount(1);
  expect((await faults(page)).join("\n")).toBe("");
  await field.press("Enter");
  await expect(page).toHaveURL(`${path}/scopes`);

  // The keyboard alone; the button says when the page listens.
  await expect(open).toBeEnabled();
  await page.keyboard.press("Control+k");
  await expect(field).toBeFocused();
  await expect(field).toHaveValue("");
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});
