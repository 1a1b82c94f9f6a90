// The portal's sign-in page as that of a client: who asks, the way on, the way back.

import type { Page } from "@playwright/test";

import { faults } from "../lib/axe";
import { DEMO_APP, STATE, authorizationUrl, redeem, sentTo } from "../lib/oauth";
import { fillSignUp, signIn, somebody, type Person } from "../lib/people";
import { expect, test } from "../lib/test";
import { addApp } from "../lib/totp";

const SCOPE = "openid email";

async function start(page: Page, more: Record<string, string> = {}) {
  await page.goto(authorizationUrl(DEMO_APP, SCOPE, { nonce: "this-is-a-nonce", ...more }));
}

async function fillIn(page: Page, person: Person) {
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
}

const button = (page: Page) => page.getByRole("button", { name: "Sign in", exact: true });

/** Signs in to the application and allows it what it asks for; afterwards nobody is signed in. */
async function allowOnce(page: Page, person: Person) {
  await start(page);
  await fillIn(page, person);
  await button(page).click();
  await sentTo(page, DEMO_APP, () => page.getByRole("button", { name: "Allow" }).click());
  await page.context().clearCookies();
}

test("whoever has allowed it before is led on from the sign-in to the client", async ({ page, request, world }) => {
  const person = await world.developer();
  await allowOnce(page, person);
  await start(page);
  await expect(page.getByRole("heading", { name: "Sign in to Workbench" })).toBeVisible();
  await fillIn(page, person);
  const callback = await sentTo(page, DEMO_APP, () => button(page).click());
  expect(callback.searchParams.get("state")).toBe(STATE);
  expect((await redeem(request, DEMO_APP, callback)).scope).toBe(SCOPE);
});

test("the second step leads on to the client, too", async ({ page, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  const { codes } = await addApp(page);
  await start(page);
  await sentTo(page, DEMO_APP, () => page.getByRole("button", { name: "Allow" }).click());
  await page.context().clearCookies();
  await start(page);
  await fillIn(page, person);
  await button(page).click();
  await expect(page.getByRole("heading", { name: "One more step" })).toBeVisible();
  await expect(page.getByText("by Acme Voice")).toBeVisible();
  await page.getByLabel("Code", { exact: true }).fill(codes[0]!);
  const callback = await sentTo(page, DEMO_APP, () => page.getByRole("button", { name: "Go on" }).click());
  expect(callback.searchParams.get("code")).toBeTruthy();
});

test("whoever signs up for the client is led on to it by the mailed link", async ({ page, outbox }) => {
  const person = somebody();
  await start(page);
  await page.getByRole("link", { name: "Create an account" }).click();
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await expect(page.getByText("by Acme Voice")).toBeVisible();
  await page.goto(await outbox.link(person.email, "/verify"));
  await page.getByRole("button", { name: "Confirm address" }).click();
  const callback = await sentTo(page, DEMO_APP, () => page.getByRole("button", { name: "Allow" }).click());
  expect(callback.searchParams.get("code")).toBeTruthy();
  expect(callback.searchParams.get("state")).toBe(STATE);
});

test("cancelling the sign-in tells the client", async ({ page }) => {
  await start(page, { login_hint: "petra@example.test" });
  await expect(page.getByLabel("E-mail address")).toHaveValue("petra@example.test");
  await expect(page.getByText("You return to example.com.")).toBeVisible();
  const back = page.getByRole("button", { name: "Cancel and go back to Workbench" });
  const callback = await sentTo(page, DEMO_APP, () => back.click());
  expect(callback.searchParams.get("error")).toBe("access_denied");
  expect(callback.searchParams.get("state")).toBe(STATE);
});

for (const [language, heading] of [
  ["en", "Sign in to Workbench"],
  ["sv", "Logga in på Workbench"],
  ["nb", "Logg inn på Workbench"],
  ["de", "Bei Workbench anmelden"],
  ["fr", "Se connecter à Workbench"],
  ["es", "Inicia sesión en Workbench"],
] as const) {
  test(`axe finds nothing on the sign-in for a client in ${language} @scripts`, async ({ page, world }) => {
    const person = await world.developer();
    const found: string[] = [];
    await start(page, { ui_locales: language });
    await expect(page.getByRole("heading", { name: heading })).toBeVisible();
    found.push(...(await faults(page)));
    await page.locator("#email").fill(person.email);
    await page.locator("#password").fill("certainly not this");
    await page.locator("form[action='/signin'] button").click();
    await expect(page.getByRole("alert")).toBeVisible();
    found.push(...(await faults(page)));
    await page.locator(".field__label-row a").click();
    await expect(page.locator("form[action='/forgot']")).toBeVisible();
    found.push(...(await faults(page)));
    if (language === "de") {
      await signIn(page, person);
      await addApp(page);
      await page.context().clearCookies();
      await start(page, { ui_locales: language });
      await page.locator("#email").fill(person.email);
      await page.locator("#password").fill(person.password);
      await page.locator("form[action='/signin'] button").click();
      await expect(page.getByRole("heading", { name: "Noch ein Schritt" })).toBeVisible();
      found.push(...(await faults(page)));
    }
    expect(found.join("\n")).toBe("");
  });
}
