// Signing in with another provider: at the second server, whose provider is the first one.

import type { Page } from "@playwright/test";

import { faults } from "../lib/axe";
import { Outbox } from "../lib/outbox";
import { DEV, signIn, type Person } from "../lib/people";
import { Portal } from "../lib/portal";
import { expect, test } from "../lib/test";

const port = process.env.PORTICO_E2E_SECURE_PORT;
const THERE = `https://127.0.0.1:${port}`;
const CALLBACK = `${THERE}/signin/with/portico/callback`;

test.use({ ignoreHTTPSErrors: true });
test.describe.configure({ timeout: 180_000 });

/** The provider sends nobody to an address that its client has not registered. */
test.beforeEach(async ({ browser, extraHTTPHeaders, baseURL }) => {
  const context = await browser.newContext({ extraHTTPHeaders, baseURL });
  const page = await context.newPage();
  await signIn(page, DEV);
  const main = page.getByRole("main");
  await main.getByRole("link", { name: "Acme Voice", exact: true }).first().click();
  await main.getByRole("link", { name: "Workbench", exact: true }).first().click();
  await page.getByRole("link", { name: "Technical integration" }).click();
  await main.getByRole("link", { name: "Workbench web server", exact: true }).click();
  const uris = page.getByRole("textbox", { name: /^Login redirect URI \d+$/ });
  // It stands below them: they are all there when it is.
  const add = page.getByRole("button", { name: /Add login redirect URI/i });
  await expect(add).toBeVisible();
  const known = await uris.evaluateAll((fields) => fields.map((field) => (field as HTMLInputElement).value));
  if (!known.includes(CALLBACK)) {
    await add.click();
    await page.getByRole("textbox", { name: `Login redirect URI ${known.length + 1}`, exact: true }).fill(CALLBACK);
    await page.getByRole("button", { name: "Save client" }).last().click();
    await expect(page.getByText("Client saved.").first()).toBeVisible();
  }
  await context.close();
});

/** From the second server's sign-in page to the first one, and what there is to do there. */
async function withPortico(page: Page, person: Person) {
  await page.goto(`${THERE}/signin`);
  await page.getByRole("button", { name: "Sign in with Portico" }).click();
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Allow" }).click();
}

/** axe is a script itself. */
function looker(page: Page, scripts: boolean | undefined) {
  return async () => {
    if (scripts !== false) expect((await faults(page)).join("\n")).toBe("");
  };
}

test("an account elsewhere opens one here, and signs in from then on", async ({ page, world, javaScriptEnabled }) => {
  const look = looker(page, javaScriptEnabled);
  const person = await world.developer();
  await page.goto(`${THERE}/signin`);
  await look();
  await withPortico(page, person);
  await expect(page.getByRole("heading", { name: "Create account" })).toBeVisible();
  await expect(page.getByLabel("Your name")).toHaveValue(person.name);
  await expect(page.getByLabel("E-mail address")).toHaveValue(person.email);
  await look();
  await page.getByRole("button", { name: "Create account" }).click();
  await expect(page).toHaveURL(`${THERE}/organizations`);

  await page.goto(`${THERE}/account/security`);
  await expect(page.getByText(`${person.email}, linked`)).toBeVisible();
  await look();
  await page.getByRole("link", { name: /^Unlink/ }).click();
  await expect(page.getByText("It is your last way of signing in.")).toBeVisible();

  await page.getByLabel(/account menu$/).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL(`${THERE}/signin`);
  // The session there is living, and what was allowed is remembered.
  await page.getByRole("button", { name: "Sign in with Portico" }).click();
  // With an empty fragment, so that none of the provider's goes on.
  await expect(page).toHaveURL(`${THERE}/organizations#`);
});

test("an address alone opens nothing: whoever has an account shows it once, and links", async ({
  page,
  world,
  playwright,
  extraHTTPHeaders,
  javaScriptEnabled,
}) => {
  const look = looker(page, javaScriptEnabled);
  const person = await world.developer();
  const here = { ...person, password: `${person.password} here` };
  const request = await playwright.request.newContext({ baseURL: THERE, extraHTTPHeaders, ignoreHTTPSErrors: true });
  await new Portal(request).signUp(here, new Outbox(request));
  await request.dispose();

  await withPortico(page, person);
  await expect(page.getByRole("heading", { name: "You have an account here" })).toBeVisible();
  await look();
  await page.goto(`${THERE}/organizations`);
  await expect(page).toHaveURL(/\/signin\?/);

  await page.getByRole("button", { name: "Sign in with Portico" }).click();
  await page.getByRole("link", { name: "Sign in and link it" }).click();
  await page.getByLabel("E-mail address").fill(here.email);
  await page.getByLabel("Password").fill(here.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Link Portico?" })).toBeVisible();
  await look();
  await page.getByRole("button", { name: "Link it" }).click();
  await expect(page).toHaveURL(`${THERE}/organizations`);

  await page.goto(`${THERE}/account/security`);
  await page.getByRole("link", { name: /^Unlink/ }).click();
  await expect(page.getByRole("heading", { name: "Unlink Portico?" })).toBeVisible();
  await look();
  await page.getByRole("button", { name: "Unlink" }).click();
  await expect(page.getByText("does not sign you in any more").first()).toBeVisible();
  await page.getByLabel(/account menu$/).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in with Portico" }).click();
  await expect(page.getByRole("heading", { name: "You have an account here" })).toBeVisible();
});

test("whoever cancels there comes back to where they can try again", async ({ page, world, javaScriptEnabled }) => {
  const look = looker(page, javaScriptEnabled);
  const person = await world.developer();
  await page.goto(`${THERE}/signin`);
  await page.getByRole("button", { name: "Sign in with Portico" }).click();
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(page.getByRole("heading", { name: "You are not signed in" })).toBeVisible();
  await look();
  await page.getByRole("link", { name: "Sign in another way" }).click();
  await expect(page).toHaveURL(new RegExp(`^${THERE}/signin`));
  await page.goto(`${THERE}/organizations`);
  await expect(page).toHaveURL(/\/signin\?/);
});
