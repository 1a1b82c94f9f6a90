// The main job, as the two walkthroughs tell it: "Create OAuth 2.0 client", by a new developer, then
// "OAuth 2.0 authorization" with that very client, by a subscriber.

import { basic, STATE, userinfo, type Client } from "../lib/oauth";
import { NORDTEL_STAFF, signIn, signUp, somebody, unique } from "../lib/people";
import { Subscriber } from "../lib/subscriber";
import { expect, test } from "../lib/test";

test("from sign-up to a subscriber's phone number", async ({ page, browser, outbox, request }) => {
  test.slow();
  const developer = somebody("Nils Newcomer");
  const organization = `Harbour Works ${unique()}`;
  const product = `Lantern ${unique()}`;
  const technical = () => page.getByRole("navigation", { name: "Product" }).getByRole("link", { name: "Technical integration" });
  const bar = (tab: string, name: string) =>
    page.getByRole("navigation", { name: tab, exact: true }).getByRole("link", { name, exact: true });

  await test.step("1. Sign in", async () => {
    await signUp(page, outbox, developer);
  });

  await test.step("2. Create an organization", async () => {
    await page.getByRole("main").getByRole("link", { name: "Create organization" }).click();
    await page.getByLabel("Name").fill(organization);
    await page.getByRole("button", { name: "Create organization" }).click();
    await expect(page.getByRole("navigation", { name: "Breadcrumb" })).toContainText(organization);
  });

  await test.step("3. Create a product", async () => {
    await page.getByRole("main").getByRole("link", { name: "Create product" }).first().click();
    await page.getByRole("radio", { name: /Subscribers/ }).check();
    await page.getByLabel("Name").fill(product);
    await page.getByRole("button", { name: "Create product" }).click();
    await expect(page.getByText("The product exists.")).toBeVisible();
  });

  const client: Client = { id: "", secret: "", redirectUri: "https://example.com/callback" };
  await test.step("4. Technical integration, ADD OAUTH CLIENT", async () => {
    await technical().click();
    await expect(page.getByRole("heading", { name: "No clients yet" })).toBeVisible();
    await page.getByRole("link", { name: "ADD OAUTH CLIENT" }).click();
    const dialog = page.getByRole("dialog", { name: "Create new client" });
    await dialog.getByLabel("Client description").fill("this is a test");
    await dialog.getByRole("textbox", { name: "Login redirect URI 1", exact: true }).fill("https://example.com/callback");
    await dialog.getByRole("textbox", { name: "Post revoke consent redirect URI 1", exact: true }).fill("https://example.com/revoke");
    await dialog.getByRole("button", { name: "SAVE CLIENT" }).click();

    await expect(page.getByText("displayed only once")).toBeVisible();
    client.id = await page.locator("dt", { hasText: "Client id" }).locator("+ dd code").innerText();
    client.secret = await page.locator("dt", { hasText: "Client secret" }).locator("+ dd code").innerText();
    expect(client.id).not.toMatch(/[%+:]/);
    expect(client.secret.length).toBeGreaterThan(40);
  });

  await test.step("The credentials are displayed only once", async () => {
    await page.getByRole("link", { name: "I have stored it" }).click();
    const shown = async () => (await page.content()).includes(client.secret);
    expect(await shown()).toBe(false);
    await expect(page.getByRole("heading", { name: "this is a test" })).toBeVisible();
    const address = page.url();
    // The page that displayed them was the answer to a form: browsers do not keep it.
    await page.goBack().catch(() => undefined);
    // The browser puts its own page there instead, a moment later: what is read before that is not after
    // going back. While it does there is no content to read; the first that there is counts.
    await expect.poll(() => page.url()).not.toBe(address);
    let after = true;
    await expect(async () => {
      after = await shown();
    }).toPass({ timeout: 15_000 });
    expect(after, "after going back").toBe(false);
    await page.goto(address);
    await expect(page.getByText(client.id, { exact: true }).first()).toBeVisible();
    await expect(page.getByRole("table", { name: "Secrets" })).toContainText(client.secret.slice(-4));
    expect(await shown(), "on the client's page").toBe(false);
  });

  await test.step("Enable API scopes: the three standard OAuth 2.0 scopes", async () => {
    await bar("Technical integration", "Enable API scopes").click();
    await expect(page.getByRole("row", { name: /OAuth 2\.0/ })).toHaveCount(3);
    for (const scope of ["openid", "offline_access", "phone"]) {
      const toggle = page.getByRole("switch", { name: `Enabled: ${scope}`, exact: true });
      await toggle.check();
    }
    await page.getByRole("button", { name: "Save scopes" }).click();
    await expect(page.getByText("Saved.")).toBeVisible();
    await expect(page.getByRole("switch", { name: "Enabled: phone", exact: true })).toBeChecked();
    await expect(page.getByText("3 of ")).toBeVisible();
  });

  await test.step("Product information, Distribution and availability: Nordtel", async () => {
    await page.getByRole("link", { name: "Product information" }).click();
    await bar("Product information", "Distribution and availability").click();
    await expect(page.getByRole("row", { name: /Nordtel/ })).toContainText("Not offered");
    await page.getByRole("switch", { name: "Available for Nordtel" }).check();
    await page.getByRole("button", { name: "Save distribution" }).click();
    await expect(page.getByRole("row", { name: /Nordtel/ })).toContainText("Offered");
  });

  await test.step("Nordtel's staff enables it", async () => {
    const context = await browser.newContext();
    const staff = await context.newPage();
    await signIn(staff, NORDTEL_STAFF);
    await staff.getByRole("main").getByRole("link", { name: "Nordtel", exact: true }).click();
    await staff.getByRole("link", { name: product }).first().click();
    await expect(staff.getByRole("main")).toContainText(organization);
    await expect(staff.getByRole("main")).toContainText("offline_access");
    await staff.getByRole("main").getByRole("link", { name: `Enable ${product}` }).click();
    await expect(staff.getByText("Nordtel’s 10 subscribers can sign in")).toBeVisible();
    await staff.getByRole("button", { name: "Enable product" }).click();
    await expect(staff.getByText(`${product} is enabled.`)).toBeVisible();
    await context.close();
    await page.reload();
    await expect(page.getByRole("row", { name: /Nordtel/ })).toContainText("Enabled");
  });

  const context = await browser.newContext({ viewport: { width: 360, height: 720 } });
  const subscriber = new Subscriber(await context.newPage(), outbox, "+46701740606");
  let callback: URL;
  await test.step("Open link in browser", async () => {
    await subscriber.page.goto(
      `/oauth2/auth?response_type=code&scope=phone offline_access&client_id=${client.id}` +
        `&redirect_uri=https://example.com/callback&state=${STATE}`,
    );
    await expect(subscriber.page.getByRole("heading", { name: `Sign in to ${product}` })).toBeVisible();
    await subscriber.signIn();
    await expect(subscriber.page.getByText(organization).first()).toBeVisible();
    callback = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
    expect(callback.search).toContain("scope=phone%20offline_access");
    expect(callback.searchParams.get("state")).toBe("this-is-a-key-set-by-the-caller");
  });
  await context.close();

  await test.step("Exchange authorization code for access and refresh token", async () => {
    const answer = await request.post("/oauth2/token", {
      headers: basic(client),
      form: {
        grant_type: "authorization_code",
        code: callback.searchParams.get("code")!,
        redirect_uri: "https://example.com/callback",
      },
    });
    expect(answer.status(), await answer.text()).toBe(200);
    const tokens = await answer.json();
    expect(Object.keys(tokens).sort()).toEqual(["access_token", "expires_in", "refresh_token", "scope", "token_type"]);
    expect(tokens).toMatchObject({ expires_in: 3600, scope: "phone offline_access", token_type: "bearer" });

    const info = await userinfo(request, tokens);
    expect(Object.keys(info).sort()).toEqual(["phone_number", "phone_number_verified", "sid", "sub"]);
    expect(info).toMatchObject({ phone_number: "+46701740606", phone_number_verified: true });
  });
});

test("a product for operators is not asked for URIs, and gets tokens for itself", async ({ page, world, request }) => {
  await signIn(page, await world.developer());
  const path = await world.emptyProduct(undefined, "operators");
  await page.goto(`${path}/clients`);
  await page.getByRole("link", { name: "ADD OAUTH CLIENT" }).click();
  const dialog = page.getByRole("dialog", { name: "Create new client" });
  await expect(dialog.getByLabel("Client description")).toBeVisible();
  await expect(dialog.getByLabel(/redirect URI/i)).toHaveCount(0);
  await dialog.getByLabel("Client description").fill("collector");
  await dialog.getByRole("button", { name: "SAVE CLIENT" }).click();
  const id = await page.locator("dt", { hasText: "Client id" }).locator("+ dd code").innerText();
  const secret = await page.locator("dt", { hasText: "Client secret" }).locator("+ dd code").innerText();
  await page.goto(`${path}/scopes`);
  await page.getByRole("switch", { name: "Enabled: metrics.read" }).check();
  await page.getByRole("button", { name: "Save scopes" }).click();
  await expect(page.getByText("Saved.")).toBeVisible();
  const answer = await request.post("/oauth2/token", {
    headers: basic({ id, secret, redirectUri: "" }),
    form: { grant_type: "client_credentials" },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  expect(await answer.json()).toMatchObject({ scope: "metrics.read", expires_in: 3600 });
});
