// OAuth clients in the portal: lists of URIs, secrets and their rotation, the end.

import type { Page } from "@playwright/test";

import { authorizationUrl, token, type Client } from "../lib/oauth";
import { signIn } from "../lib/people";
import { holdScripts } from "../lib/scripts";
import { expect, test } from "../lib/test";

async function open(page: Page, product: string) {
  await page.goto(`${product}/clients`);
  await page.getByRole("link", { name: "this is a test", exact: true }).click();
  await expect(page.getByRole("heading", { name: "this is a test" })).toBeVisible();
}

/** The value that the page of new credentials shows. */
function shown(page: Page, name: string) {
  return page.locator("dt", { hasText: name }).locator("+ dd code").innerText();
}

const SCOPE = "phone offline_access";

test("one bad row keeps the others, and says what to do beside itself", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  const dialog = page.getByRole("dialog", { name: "Create new client" });
  await dialog.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
  await dialog.getByRole("button", { name: /Add login redirect URI/i }).click();
  await dialog.getByRole("textbox", { name: "Login redirect URI 2", exact: true }).fill("http://example.com/callback");
  await dialog.getByRole("button", { name: /Add login redirect URI/i }).click();
  await dialog.getByRole("textbox", { name: "Login redirect URI 3", exact: true }).fill("http://127.0.0.1:8765/callback");
  await dialog.getByRole("textbox", { name: "Post revoke consent redirect URI 1", exact: true }).fill("https://example.com/revoke#there");
  await dialog.getByRole("button", { name: "Save client" }).click();

  await expect(dialog.getByRole("alert")).toBeVisible();
  await expect(dialog.getByLabel("Client description")).toHaveAccessibleDescription(/Write a description/);
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 1", exact: true })).toHaveValue("https://example.com/callback");
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 1", exact: true })).not.toHaveAttribute("aria-invalid", "true");
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toHaveValue("http://example.com/callback");
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toHaveAccessibleDescription(/https/);
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 3", exact: true })).toHaveValue("http://127.0.0.1:8765/callback");
  await expect(dialog.getByRole("textbox", { name: "Post revoke consent redirect URI 1", exact: true })).toHaveAttribute("aria-invalid", "true");

  await dialog.getByRole("button", { name: "Remove login redirect URI 2" }).click();
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toHaveValue("http://127.0.0.1:8765/callback");
  await dialog.getByRole("textbox", { name: "Post revoke consent redirect URI 1", exact: true }).fill("https://example.com/revoke");
  await dialog.getByLabel("Client description").fill("mended");
  await dialog.getByRole("button", { name: "Save client" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  await page.getByRole("link", { name: "I have stored it" }).click();
  await expect(page.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toHaveValue("http://127.0.0.1:8765/callback");
});

test("a client without a login redirect URI is not saved", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  const dialog = page.getByRole("dialog", { name: "Create new client" });
  await dialog.getByLabel("Client description").fill("nowhere to go");
  await dialog.getByRole("button", { name: "Save client" }).click();
  await expect(dialog.getByRole("textbox", { name: "Login redirect URI 1", exact: true })).toHaveAccessibleDescription(/Add at least one address/);
  await expect(dialog.getByLabel("Client description")).toHaveValue("nowhere to go");
});

test("URIs are checked while typing @scripts", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  const uri = page.getByRole("textbox", { name: "Login redirect URI 1", exact: true });
  await uri.fill("http://example.com/callback");
  await uri.blur();
  await expect(uri).toHaveAttribute("aria-invalid", "true");
  await expect(uri).toHaveAccessibleDescription(/https/);
  await uri.fill("https://example.com/callback");
  await expect(uri).not.toHaveAttribute("aria-invalid", "true");
});

test("the lists work by keyboard", async ({ page, world, javaScriptEnabled }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  await expect(page.getByLabel("Client description")).toBeFocused();
  await page.keyboard.type("by keyboard");
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).focus();
  await page.keyboard.type("https://example.com/one");
  await page.getByRole("button", { name: /Add login redirect URI/i }).focus();
  await page.keyboard.press("Enter");
  if (javaScriptEnabled !== false) {
    await expect(page.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toBeFocused();
  }
  await page.getByRole("textbox", { name: "Login redirect URI 2", exact: true }).fill("https://example.com/two");
  await page.getByRole("button", { name: "Remove login redirect URI 1" }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: "Login redirect URI 1", exact: true })).toHaveValue("https://example.com/two");
  await expect(page.getByRole("textbox", { name: "Login redirect URI 2", exact: true })).toHaveCount(0);
  // Enter in a field saves, and does not remove a row.
  await page.getByLabel("Client description").press("Enter");
  await expect(page.getByText("displayed only once")).toBeVisible();
});

test("the dialog closes with Escape @scripts", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  // The key works as soon as the page's scripts do.
  await expect(async () => {
    await page.keyboard.press("Escape");
    await expect(page).toHaveURL(`${path}/clients`, { timeout: 300 });
  }).toPass({ timeout: 10_000 });
});

test("the secret can be copied, and downloaded with everything a program needs @scripts", async ({ page, context, world }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  await page.getByLabel("Client description").fill("this is a test");
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
  await page.getByRole("dialog").getByRole("button", { name: "Save client" }).click();
  const secret = await shown(page, "Client secret");
  await page.getByRole("button", { name: "Copy client secret" }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download .env" }).click();
  const file = await (await download).createReadStream();
  let text = "";
  for await (const chunk of file) text += chunk;
  expect(text).toContain(`CLIENT_SECRET=${secret}\n`);
  expect(text).toContain("REDIRECT_URI='https://example.com/callback'\n");
});

test("a button that needs scripts waits for them @scripts", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  await page.getByLabel("Client description").fill("this is a test");
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
  const arrive = await holdScripts(page);
  await page.getByRole("dialog").getByRole("button", { name: "Save client" }).click();
  await shown(page, "Client secret");
  const copy = page.getByRole("button", { name: "Copy client secret" });
  await expect(copy).toBeDisabled();
  await expect(page.getByRole("button", { name: "Search and commands" })).toBeDisabled();
  arrive();
  await expect(copy).toBeEnabled();
  await expect(page.getByRole("button", { name: "Search and commands" })).toBeEnabled();
});

test("saving again by reloading makes no second client, and shows no secret", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await page.goto(`${path}/clients/new`);
  await page.getByLabel("Client description").fill("this is a test");
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
  await page.getByRole("dialog").getByRole("button", { name: "Save client" }).click();
  const secret = await shown(page, "Client secret");
  await page.reload();
  await expect(page.getByText("This form was sent before")).toBeVisible();
  expect(await page.content()).not.toContain(secret);
  await page.goto(`${path}/clients`);
  await expect(page.getByRole("row", { name: /this is a test/ })).toHaveCount(1);
});

test("an edited list counts at once, character by character, and the secret stays", async ({ page, world, request }) => {
  const { path, client } = await world.product();
  await signIn(page, await world.developer());
  await open(page, path);
  await page.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback2");
  await page.getByLabel("Client description").fill("renamed");
  await page.getByRole("button", { name: "Save client" }).click();
  await expect(page.getByText("Client saved.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "renamed" })).toBeVisible();
  const status = async (redirectUri: string) =>
    (await request.get(authorizationUrl({ ...client, redirectUri }, SCOPE))).status();
  expect(await status("https://example.com/callback2")).toBe(200);
  expect(await status("https://example.com/callback")).toBe(400);
});

async function works(request: Parameters<typeof token>[0], client: Client): Promise<boolean> {
  // A client that proves itself gets as far as its code, which is nonsense.
  const answer = await token(request, client, { grant_type: "authorization_code", code: "x", redirect_uri: client.redirectUri });
  const { error } = await answer.json();
  expect(["invalid_grant", "invalid_client"]).toContain(error);
  return error === "invalid_grant";
}

test("a rotated secret: the old one lives on beside the new one, until it is ended", async ({ page, world, request }) => {
  const { path, client } = await world.product();
  await signIn(page, await world.developer());
  await open(page, path);
  expect(await works(request, client)).toBe(true);
  await page.getByLabel("Label of the new one").fill("vault, autumn");
  await page.getByRole("radio", { name: "24 hours" }).check();
  await page.getByRole("button", { name: "Rotate secret" }).click();
  const secret = await shown(page, "Client secret");
  expect(secret).not.toBe(client.secret);
  expect(await works(request, client)).toBe(true);
  expect(await works(request, { ...client, secret })).toBe(true);

  await page.getByRole("link", { name: "I have stored it" }).click();
  const secrets = page.getByRole("table", { name: "Secrets" });
  await expect(secrets.getByRole("row", { name: /vault, autumn/ })).toContainText("Active");
  await expect(secrets.getByRole("row", { name: new RegExp(client.secret.slice(-4)) })).toContainText("Ends in 24 hours");
  await secrets.getByRole("row", { name: new RegExp(client.secret.slice(-4)) }).getByRole("link", { name: /End now/ }).click();
  await page.getByRole("button", { name: "End secret" }).click();
  await expect(page.getByText("The secret has ended.")).toBeVisible();
  expect(await works(request, client)).toBe(false);
  expect(await works(request, { ...client, secret })).toBe(true);
});

test("after a leak a secret stops now", async ({ page, world, request }) => {
  const { path, client } = await world.product();
  await signIn(page, await world.developer());
  await open(page, path);
  await page.getByRole("radio", { name: /Stop now/ }).check();
  await page.getByRole("button", { name: "Rotate secret" }).click();
  const secret = await shown(page, "Client secret");
  expect(await works(request, client)).toBe(false);
  expect(await works(request, { ...client, secret })).toBe(true);
});

test("a third secret is refused in words", async ({ page, world }) => {
  const { path } = await world.product();
  await signIn(page, await world.developer());
  await open(page, path);
  await page.getByRole("button", { name: "Rotate secret" }).click();
  await page.getByRole("link", { name: "I have stored it" }).click();
  await page.getByRole("button", { name: "Rotate secret" }).click();
  await expect(page.getByRole("alert")).toContainText("Two secrets are living already.");
});

test("a disabled client is refused until it is enabled again", async ({ page, world, request }) => {
  const { path, client } = await world.product();
  await signIn(page, await world.developer());
  await open(page, path);
  await page.getByRole("link", { name: "Disable client" }).click();
  await expect(page.getByText("Nobody uses it at present.")).toBeVisible();
  await page.getByRole("button", { name: "Disable client" }).click();
  await expect(page.getByText("The client is disabled.")).toBeVisible();
  expect(await works(request, client)).toBe(false);
  expect((await request.get(authorizationUrl(client, SCOPE))).status()).toBe(400);
  await page.getByRole("button", { name: "Enable client" }).click();
  await expect(page.getByText("The client is enabled.")).toBeVisible();
  expect(await works(request, client)).toBe(true);
});

test("deleting says what it breaks, in numbers, and wants the description typed", async ({ page, world, subscriber, browser, request }) => {
  const { path, client } = await world.product();
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  const callback = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  const answer = await token(request, client, {
    grant_type: "authorization_code",
    code: callback.searchParams.get("code")!,
    redirect_uri: client.redirectUri,
  });
  expect(answer.status()).toBe(200);

  const desk = await (await browser.newContext()).newPage();
  await signIn(desk, await world.developer());
  await open(desk, path);
  await desk.getByRole("link", { name: "Delete client" }).click();
  await expect(desk.getByText("1 subscriber uses it now and cannot sign in.")).toBeVisible();
  await expect(desk.getByText("Ends 1 living refresh token")).toBeVisible();
  await desk.getByLabel("Type this is a test to confirm").fill("that was a test");
  await desk.getByRole("button", { name: "Delete client" }).click();
  await expect(desk.getByLabel("Type this is a test to confirm")).toHaveAccessibleDescription(/exactly as it is written/);
  await desk.getByLabel("Type this is a test to confirm").fill("this is a test");
  await desk.getByRole("button", { name: "Delete client" }).click();
  await expect(desk.getByText("this is a test is deleted.")).toBeVisible();
  await desk.context().close();
  const { access_token, refresh_token } = await answer.json();
  const info = await request.get("/userinfo", { headers: { authorization: `Bearer ${access_token}` } });
  expect(info.status()).toBe(401);
  const refresh = await token(request, client, { grant_type: "refresh_token", refresh_token });
  expect(refresh.status()).toBe(401);
});

test("a client's keys are published at an address, or registered here", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct();
  await world.client(path);
  await open(page, path);
  await page.getByRole("link", { name: "Keys and method" }).click();
  const place = page.getByRole("form", { name: "Where its keys are" });
  const address = place.getByLabel("Address of the key set");
  await expect(place.getByRole("radio", { name: /Registered here/ })).toBeChecked();
  await place.getByRole("radio", { name: /Published by the client/ }).check();
  await address.fill("http://keys.example.com/jwks.json");
  await place.getByRole("button", { name: "Save place" }).click();
  await expect(address).toHaveAccessibleDescription(/begins with https/);
  await expect(address).toHaveValue("http://keys.example.com/jwks.json");
  await expect(place.getByRole("radio", { name: /Published by the client/ })).toBeChecked();
  await address.fill("https://keys.invalid/jwks.json");
  await place.getByRole("button", { name: "Save place" }).click();
  await expect(page.getByText("No key set can be fetched from that address.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Published keys" })).toBeVisible();
  await page.getByRole("button", { name: "Fetch now" }).click();
  await expect(page.getByText("The last try has failed")).toBeVisible();

  await place.getByRole("radio", { name: /Registered here/ }).check();
  await place.getByRole("button", { name: "Save place" }).click();
  await expect(page.getByText("The keys that are registered here count from now on.")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Published keys" })).toBeHidden();
});
