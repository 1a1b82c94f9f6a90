// Every page, light and dark: axe finds nothing, and nothing is wider than a phone. The portal is
// walked from link to link, so that a new page is looked at without being named here.

import type { Page } from "@playwright/test";

import { faults } from "../lib/axe";
import { DEMO_WEB, basic, redeem } from "../lib/oauth";
import { ADMIN, DEV, NORDTEL_STAFF, fillSignUp, signIn, signOut, somebody } from "../lib/people";
import { expect, test } from "../lib/test";
import { addApp } from "../lib/totp";

/** Pages whose addresses differ only in ids are looked at twice at most. */
const EACH = 2;

function shape(path: string): string {
  return path.replaceAll(/(org|prd|usr|inv)_\w+/g, "$1").replaceAll(/[0-9a-f]{16,}|demo-\w+|[0-9a-f-]{36}/g, "id");
}

async function walk(page: Page, start: string): Promise<{ visited: string[]; found: string[] }> {
  const [queue, seen, shapes] = [[start], new Set([start]), new Map<string, number>()];
  const [visited, found]: [string[], string[]] = [[], []];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const alike = shapes.get(shape(path)) ?? 0;
    if (alike >= EACH) continue;
    shapes.set(shape(path), alike + 1);
    const answer = await page.goto(path);
    if (answer?.status() !== 200) found.push(`${path}: status ${answer?.status()}`);
    visited.push(path);
    found.push(...(await faults(page)));
    const links = await page.evaluate(() => Array.from(document.links, (link) => link.href));
    for (const link of links) {
      const url = new URL(link);
      const next = url.pathname;
      const ours = url.origin === new URL(page.url()).origin && !/^\/(\.well-known|health|verify|reset|pkg)\b/.test(next);
      if (ours && !seen.has(next)) {
        seen.add(next);
        queue.push(next);
      }
    }
  }
  return { visited, found };
}

test("the pages of a developer", async ({ page }) => {
  test.setTimeout(300_000);
  await signIn(page, DEV);
  const { visited, found } = await walk(page, "/organizations");
  expect(found.join("\n")).toBe("");
  // Each client is looked at: what is on its page depends on its profile and method.
  const shapes = visited.map((path) => shape(path).replaceAll(/cli_\w+/g, "cli"));
  for (const expected of [
    "/organizations",
    "/organizations/new",
    "/organizations/org",
    "/organizations/org/members",
    "/organizations/org/settings",
    "/organizations/org/history",
    "/organizations/org/products/new",
    "/organizations/org/takeover",
    "/products/prd/information",
    "/products/prd/distribution",
    "/products/prd/clients",
    "/products/prd/clients/new",
    "/products/prd/clients/cli",
    "/products/prd/clients/cli/grants",
    "/products/prd/clients/cli/issuers",
    "/products/prd/clients/cli/keys",
    "/products/prd/clients/cli/logout",
    "/products/prd/clients/cli/tokens",
    "/products/prd/scopes",
    "/account",
    "/account/activity",
    "/account/applications",
    "/account/profile",
    "/account/security",
    "/account/security/app",
    "/account/security/passkeys",
    "/account/sessions",
    "/account/sessions/end",
    "/invitations",
    "/sandbox/outbox",
  ]) {
    expect(shapes, "pages that links lead to").toContain(expected);
  }
});

test("the pages of a developer whose client publishes its keys, or has registered itself", async ({ page, request, world }) => {
  test.setTimeout(180_000);
  const found: string[] = [];
  await signIn(page, await world.developer());
  const product = await world.emptyProduct();
  await world.client(product);
  await page.goto(`${product}/clients`);
  await page.getByRole("link", { name: "this is a test", exact: true }).click();
  await page.getByRole("link", { name: "Keys and method" }).click();
  await page.getByRole("radio", { name: /Published by the client/ }).check();
  await page.getByRole("button", { name: "Save place" }).click();
  await expect(page.getByLabel("Address of the key set")).toHaveAttribute("aria-invalid", "true");
  found.push(...(await faults(page)));
  await page.getByLabel("Address of the key set").fill("https://keys.invalid/jwks.json");
  await page.getByRole("button", { name: "Save place" }).click();
  await expect(page.getByText("The last try has failed")).toBeVisible();
  found.push(...(await faults(page)));

  const registered = await request.post("/oauth2/register", { data: { redirect_uris: ["https://example.com/callback"] } });
  const client = (await registered.json()) as Record<string, string>;
  await page.goto(`${await world.organization()}/takeover`);
  await page.getByLabel("Client id").fill(client.client_id!);
  await page.getByRole("button", { name: "Take over client" }).click();
  await expect(page.getByLabel("Registration access token")).toHaveAttribute("aria-invalid", "true");
  found.push(...(await faults(page)));
  await page.getByLabel("Registration access token").fill(client.registration_access_token!);
  await page.getByRole("button", { name: "Take over client" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the pages of an operator's staff", async ({ page }) => {
  test.setTimeout(300_000);
  await signIn(page, NORDTEL_STAFF);
  const { visited, found } = await walk(page, "/organizations");
  expect(found.join("\n")).toBe("");
  expect(visited.map(shape)).toContain("/operators/org/products/prd");
});

test("the pages of an administrator", async ({ page }) => {
  test.setTimeout(300_000);
  await signIn(page, ADMIN);
  const { visited, found } = await walk(page, "/admin/keys");
  expect(found.join("\n")).toBe("");
  expect(visited.map(shape)).toEqual(
    expect.arrayContaining([
      "/admin/apis",
      "/admin/apis/id",
      "/admin/apis/new",
      "/admin/history",
      "/admin/keys",
      "/admin/keys/id/pull",
      "/admin/keys/rotate",
      "/admin/registration",
      "/admin/registration/waiting",
    ]),
  );

  const made: string[] = [];
  await page.goto("/admin/registration");
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.locator("#label")).toHaveAttribute("aria-invalid", "true");
  made.push(...(await faults(page)));
  await page.getByLabel("Product").fill("Acme Voice: Workbench");
  await page.getByLabel("Label").fill("Installer");
  await page.getByRole("button", { name: "Make token" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  made.push(...(await faults(page)));
  await page.getByRole("link", { name: "I have stored it" }).click();
  await expect(page.getByRole("cell", { name: "0 of any number" }).first()).toBeVisible();
  made.push(...(await faults(page)));
  expect(made.join("\n")).toBe("");
});

test("the pages of somebody who signs a device in", async ({ page, request }) => {
  const found: string[] = [];
  const begun = await request.post("/oauth2/device/auth", {
    headers: { authorization: `Basic ${btoa("demo-app:demo-app-secret")}` },
    form: { scope: "openid email" },
  });
  const { user_code: code } = (await begun.json()) as { user_code: string };
  await page.goto("/device");
  found.push(...(await faults(page)));
  await page.getByLabel("Code").fill("XXXX-XXXX");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByLabel("Code")).toHaveAttribute("aria-invalid", "true");
  found.push(...(await faults(page)));
  await page.getByLabel("Code").fill(code);
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("button", { name: "I have started this" })).toBeVisible();
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the pages of somebody who is not signed in", async ({ page }) => {
  const { visited, found } = await walk(page, "/");
  expect(visited).toEqual(expect.arrayContaining(["/", "/signup", "/signin", "/forgot"]));
  await page.goto("/nothing/is/here");
  found.push(...(await faults(page)));
  await page.goto("/verify");
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("forms with errors, credentials, menus", async ({ page, world }) => {
  const found: string[] = [];
  await page.goto("/signup");
  await fillSignUp(page, { ...somebody(), password: "password" });
  await expect(page.getByRole("alert")).toBeVisible();
  found.push(...(await faults(page)));

  const person = await world.developer();
  await signIn(page, { ...person, password: "certainly not this" });
  await expect(page.getByRole("alert")).toBeVisible();
  found.push(...(await faults(page)));
  await signIn(page, person);
  await expect(page).toHaveURL("/organizations");
  await page.getByLabel(/account menu$/).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toBeVisible();
  found.push(...(await faults(page)));

  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  await page.getByRole("dialog").getByRole("button", { name: "Save client" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  found.push(...(await faults(page)));
  await page.getByLabel("Client description").fill("this is a test");
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
  await page.getByRole("dialog").getByRole("button", { name: "Save client" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  found.push(...(await faults(page)));
  await page.getByRole("link", { name: "I have stored it" }).click();
  await page.goto(`${path}/scopes?q=nothing+like+it`);
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the second step, recovery codes", async ({ page, world }) => {
  const person = await world.developer();
  const found: string[] = [];
  await signIn(page, person);
  await page.goto("/account/security/app");
  await page.getByLabel("Code", { exact: true }).fill("1");
  await page.getByRole("button", { name: "Turn on" }).click();
  await expect(page.getByRole("alert")).toBeVisible();
  found.push(...(await faults(page)));
  await addApp(page);
  found.push(...(await faults(page)));
  await page.goto("/account/security/app/remove");
  found.push(...(await faults(page)));
  await page.goto("/account/security/codes");
  await page.getByRole("button", { name: "Make new codes" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  found.push(...(await faults(page)));
  await signOut(page);
  await signIn(page, person);
  await expect(page).toHaveURL("/signin/second");
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the pages of a subscriber", async ({ subscriber, world }) => {
  const { page } = subscriber;
  const { client } = await world.product({ optional: ["voicemail.get"] });
  const scope = "openid phone offline_access voicemail.get";
  const found: string[] = [];
  await subscriber.start(client, scope);
  found.push(...(await faults(page)));
  await subscriber.numberField.fill("070 174 06 05");
  await subscriber.button("Send PIN").click();
  await expect(subscriber.numberField).toHaveAttribute("aria-invalid", "true");
  found.push(...(await faults(page)));
  await subscriber.askForPin();
  found.push(...(await faults(page)));
  const [pin, wrong] = [await subscriber.pin(), await subscriber.wrongPin()];
  await subscriber.enterPin(wrong);
  await expect(page.getByText("4 tries left")).toBeVisible();
  found.push(...(await faults(page)));
  await subscriber.enterPin(pin);
  await expect(subscriber.button("Allow")).toBeVisible();
  found.push(...(await faults(page)));
  await page.goto("/oauth2/sessions/logout");
  found.push(...(await faults(page)));
  await subscriber.button("Stay signed in").click();
  await expect(page.getByRole("heading", { name: "You are still signed in" })).toBeVisible();
  found.push(...(await faults(page)));
  await page.goto("/oauth2/sessions/logout");
  await subscriber.button("Sign out").click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  found.push(...(await faults(page)));
  await subscriber.start({ ...client, redirectUri: "https://example.com/other" }, scope);
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the page at which a subscriber answers on the phone", async ({ subscriber, outbox, request }) => {
  const { page, number } = subscriber;
  const asked = await request.post("/oauth2/bc-authorize", {
    headers: basic({ id: "demo-call", secret: "demo-call-secret", redirectUri: "" }),
    form: { scope: "openid phone voicemail.get", login_hint: number, binding_message: "W4SCT" },
  });
  expect(asked.status(), await asked.text()).toBe(200);
  await page.goto(await outbox.link(number, "/approve"));
  await expect(page.getByRole("heading", { name: "Voicebox asks for your permission" })).toBeVisible();
  const found = await faults(page);
  await subscriber.button("Allow").click();
  await expect(page.getByRole("heading", { name: "Allowed" })).toBeVisible();
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the page at which a subscriber removes a product", async ({ subscriber, request, browser }) => {
  const { page } = subscriber;
  await subscriber.start(DEMO_WEB, "openid phone");
  await subscriber.signIn();
  const callback = await subscriber.sentTo(DEMO_WEB, () => subscriber.button("Allow").click());
  const { access_token: token } = await redeem(request, DEMO_WEB, callback);
  const own = await request.post("/oauth2/token", { headers: basic(DEMO_WEB), form: { grant_type: "client_credentials" } });
  const { access_token: bearer } = (await own.json()) as { access_token: string };
  const redirectTo = "https://example.com/revoke";
  const made = await request.post("/ext-api/v0/auth/create-revoke-consent-magic-link", {
    headers: { authorization: `Bearer ${bearer}` },
    form: { token, redirectTo, state: "goodbye" },
  });
  const answer = (await made.json()) as { redirectTo: string };
  expect(made.status(), JSON.stringify(answer)).toBe(200);
  const found: string[] = [];
  // The link is the proof: it opens in another browser, too.
  const german = await browser.newContext({ locale: "de" });
  const there = await german.newPage();
  for (const [where, heading] of [[there, "Voicebox entfernen"], [page, "Remove Voicebox"]] as const) {
    await where.goto(answer.redirectTo);
    await expect(where.getByRole("heading", { name: heading })).toBeVisible();
    found.push(...(await faults(where)));
  }
  await german.close();
  const gone = await subscriber.sentTo({ ...DEMO_WEB, redirectUri: redirectTo }, () =>
    subscriber.button("Remove product").click(),
  );
  expect(Object.fromEntries(gone.searchParams)).toEqual({ state: "goodbye" });
  const after = await request.get("/userinfo", { headers: { authorization: `Bearer ${token}` } });
  expect(after.status()).toBe(401);
  await page.goto(answer.redirectTo);
  await expect(page.getByRole("link", { name: /example\.com/ })).toBeVisible();
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the longest words: the pages of a subscriber in German", async ({ subscriber, world }) => {
  const { page } = subscriber;
  const { client } = await world.product({ optional: ["voicemail.get"] });
  const found: string[] = [];
  await subscriber.start(client, "openid phone offline_access voicemail.get", { ui_locales: "de" });
  await expect(page.locator("html")).toHaveAttribute("lang", "de");
  await page.locator("#number").fill("070 174 06 05");
  await subscriber.button("PIN senden").click();
  found.push(...(await faults(page)));
  await page.locator("#number").fill(subscriber.number);
  await subscriber.button("PIN senden").click();
  await expect(page.getByRole("heading", { name: "PIN eingeben" })).toBeVisible();
  found.push(...(await faults(page)));
  const [pin, wrong] = [await subscriber.pin(), await subscriber.wrongPin()];
  await page.locator("#pin").fill(wrong);
  await subscriber.button("Weiter").click();
  await expect(page.getByText("noch 4 Versuche")).toBeVisible();
  found.push(...(await faults(page)));
  await page.locator("#pin").fill(pin);
  await subscriber.button("Weiter").click();
  await expect(subscriber.button("Erlauben")).toBeVisible();
  found.push(...(await faults(page)));
  await page.goto("/oauth2/sessions/logout?ui_locales=de");
  await subscriber.button("Abmelden").click();
  await expect(page.getByRole("heading", { name: "Sie sind abgemeldet" })).toBeVisible();
  found.push(...(await faults(page)));
  await subscriber.start({ ...client, redirectUri: "https://example.com/other" }, "openid", { ui_locales: "de" });
  found.push(...(await faults(page)));
  expect(found.join("\n")).toBe("");
});

test("the pages of a subscriber whose operator has not enabled the product", async ({ stranger }) => {
  await stranger.start(DEMO_WEB, "openid phone");
  await stranger.signIn();
  await expect(stranger.page.getByRole("heading", { name: /has not enabled/ })).toBeVisible();
  expect((await faults(stranger.page)).join("\n")).toBe("");
});
