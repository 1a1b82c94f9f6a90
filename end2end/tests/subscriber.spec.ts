// A subscriber's twenty seconds: signing in with a number and a PIN, and one question. All of it
// without scripts.

import type { Page, Response } from "@playwright/test";

import { authorizationUrl, DEMO_WEB, redeem, STATE, userinfo } from "../lib/oauth";
import { Subscriber } from "../lib/subscriber";
import { expect, test } from "../lib/test";

const SCOPE = "openid phone offline_access";

test("a subscriber signs in, allows, and the client learns the number", async ({ subscriber, world, request }) => {
  const { client, name } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await expect(page.getByRole("heading", { name: `Sign in to ${name}` })).toBeVisible();
  await subscriber.signIn();
  await expect(page.getByRole("heading", { name: `${name} would like to` })).toBeVisible();
  await expect(page.getByText("You return to example.com.")).toBeVisible();
  const callback = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  expect(callback.searchParams.get("state")).toBe(STATE);
  const tokens = await redeem(request, client, callback);
  expect(tokens.scope.split(" ").sort()).toEqual(SCOPE.split(" ").sort());
  expect(await userinfo(request, tokens)).toMatchObject({
    phone_number: subscriber.number,
    phone_number_verified: true,
  });
});

test("the message names the product, and binds the PIN to this site", async ({ subscriber, world, outbox, baseURL }) => {
  const { client, name } = await world.product();
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  const message = await outbox.newest(subscriber.number);
  expect(message.channel).toBe("sms");
  expect(message.body).toContain(name);
  expect(message.body.split("\n").at(-1)).toMatch(new RegExp(`^@${new URL(baseURL!).hostname} #\\d{6}$`));
});

test("a number without its country code is asked for again, and not lost", async ({ subscriber }) => {
  const { page } = subscriber;
  await subscriber.start(DEMO_WEB, SCOPE);
  await subscriber.numberField.fill("070 174 06 05");
  await subscriber.button("Send PIN").click();
  await expect(subscriber.numberField).toHaveValue("070 174 06 05");
  await expect(subscriber.numberField).toHaveAttribute("aria-invalid", "true");
  await expect(subscriber.numberField).toHaveAccessibleDescription(/Start with \+ and the country code/);
  await expect(page.getByRole("heading", { name: "Sign in to Voicebox" })).toBeVisible();
});

test("a wrong PIN says how many tries are left; the right one still works", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  await subscriber.enterPin(await subscriber.wrongPin());
  await expect(page.getByText("That PIN is not right. You have 4 tries left.")).toBeVisible();
  await expect(subscriber.pinField).toHaveAccessibleDescription(/4 tries left/);
  await subscriber.enterPin("12 34");
  await expect(page.getByText("The PIN is the six digits in the SMS.")).toBeVisible();
  await subscriber.enterPin(await subscriber.pin());
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("after five wrong PINs only a new one helps", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  const [right, wrong] = [await subscriber.pin(), await subscriber.wrongPin()];
  for (const left of [4, 3, 2]) {
    await subscriber.enterPin(wrong);
    await expect(page.getByText(`You have ${left} tries left.`)).toBeVisible();
  }
  await subscriber.enterPin(wrong);
  await expect(page.getByText("You have 1 try left.")).toBeVisible();
  await subscriber.enterPin(wrong);
  await expect(page.getByText("That PIN was tried too often and no longer works.")).toBeVisible();
  await expect(subscriber.pinField).toHaveCount(0);
  await subscriber.button("Send a new PIN").click();
  await expect(page.getByText("A new PIN is on its way.")).toBeVisible();
  const next = await subscriber.pin();
  expect(next === right, "a PIN comes again once in a million times").toBe(false);
  await subscriber.enterPin(next);
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("a new PIN ends the one before", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  const old = await subscriber.pin();
  await subscriber.button("Send a new PIN").click();
  await expect(page.getByText("A new PIN is on its way. The one before no longer works.")).toBeVisible();
  await subscriber.enterPin(old);
  await expect(subscriber.pinField).toHaveAttribute("aria-invalid", "true");
  await subscriber.enterPin(await subscriber.pin());
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("an unknown number sees the very same page, and gets nothing", async ({ subscriber, outbox }) => {
  const { page } = subscriber;
  const nobody = "+46701740699";
  const pages: string[] = [];
  for (const number of [subscriber.number, nobody]) {
    await subscriber.start(DEMO_WEB, SCOPE);
    await subscriber.numberField.fill(number);
    const answer = page.waitForResponse((response) => new URL(response.url()).pathname === "/login/pin");
    await subscriber.button("Send PIN").click();
    const shown = await answer;
    expect(shown.status()).toBe(200);
    await expect(page.getByRole("heading", { name: "Enter the PIN" })).toBeVisible();
    const html = await shown.text();
    pages.push(html.replaceAll(number, "NUMBER").replaceAll(/[\w-]{100,}/g, "SEALED").replaceAll(/nonce="[^"]+"/g, "NONCE"));
  }
  expect(pages[1]).toBe(pages[0]);
  expect(await outbox.to(nobody)).toEqual([]);
  await subscriber.enterPin("123456");
  await expect(page.getByText("That PIN is not right. You have 4 tries left.")).toBeVisible();
});

test("another number can be given instead", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin("+46701740698");
  await page.getByRole("link", { name: "Use another number" }).click();
  await subscriber.signIn();
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("a link that went to another browser leads back to the product", async ({ subscriber, browser }) => {
  const { page } = subscriber;
  await subscriber.start(DEMO_WEB, SCOPE);
  await subscriber.askForPin();
  const other = await browser.newContext();
  try {
    const stranger = await other.newPage();
    const answer = await stranger.goto(page.url());
    expect(answer?.status()).toBe(400);
    await expect(stranger.getByRole("heading", { name: "This sign-in belongs to another browser" })).toBeVisible();
    await expect(stranger.getByRole("link", { name: "Back to example.com" })).toHaveAttribute(
      "href",
      "https://example.com",
    );
  } finally {
    await other.close();
  }
});

test("a browser that has lost its cookies is told so", async ({ subscriber }) => {
  const { page } = subscriber;
  await subscriber.start(DEMO_WEB, SCOPE);
  await subscriber.askForPin();
  const pin = await subscriber.pin();
  await page.context().clearCookies();
  await subscriber.enterPin(pin);
  await expect(page.getByRole("heading", { name: "This sign-in belongs to another browser" })).toBeVisible();
  await expect(page.getByText("cookies")).toBeVisible();
});

test("a session lost before the answer means signing in again", async ({ subscriber, world }) => {
  const { client, name } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  await expect(subscriber.button("Allow")).toBeVisible();
  await page.context().clearCookies({ name: /portico-subscriber$/ });
  await subscriber.button("Allow").click();
  await expect(page.getByRole("heading", { name: `Sign in to ${name}` })).toBeVisible();
  await subscriber.signIn();
  await subscriber.sentTo(client, () => subscriber.button("Allow").click());
});

test("a used link: the PIN's page, opened again after signing in, goes on", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  const link = page.url();
  const pin = await subscriber.pin();
  await subscriber.enterPin(pin);
  await expect(subscriber.button("Allow")).toBeVisible();
  await page.goto(link);
  await subscriber.enterPin(pin);
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("the back button after Allow: asked again, nothing breaks", async ({ subscriber, world, request }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  const question = page.url();
  const first = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  // What was answered is not asked again: the consent page's own address answers the client.
  const second = await subscriber.sentTo(client, () => page.goto(question).catch(() => undefined));
  expect(second.searchParams.get("code")).not.toBe(first.searchParams.get("code"));
  await redeem(request, client, second);
});

test("a double click on Allow gives one answer that works", async ({ subscriber, world, request }) => {
  const { client } = await world.product();
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  const callback = await subscriber.sentTo(client, () => subscriber.button("Allow").dblclick());
  await redeem(request, client, callback);
});

test("a double click on Send PIN and on Continue goes on as one", async ({ subscriber, world, outbox }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  const before = (await outbox.to(subscriber.number)).length;
  await subscriber.numberField.fill(subscriber.number);
  await subscriber.button("Send PIN").dblclick();
  await expect(page.getByRole("heading", { name: "Enter the PIN" })).toBeVisible();
  expect((await outbox.to(subscriber.number)).length - before, "messages").toBe(1);
  await subscriber.pinField.fill(await subscriber.pin());
  // At once: when the first click's answer is lost on its way, the PIN is used and nobody is signed in.
  await subscriber.button("Continue").evaluate((button: HTMLElement) => [1, 2].forEach(() => button.click()));
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("Cancel tells the client so, from the number, the PIN and the question", async ({ subscriber, world }) => {
  const { client, name } = await world.product();
  const cancel = async (button: string) => {
    const callback = await subscriber.sentTo(client, () => subscriber.button(button).click());
    expect(Object.fromEntries(callback.searchParams)).toMatchObject({ error: "access_denied", state: STATE });
    expect(callback.searchParams.has("code")).toBe(false);
  };
  await subscriber.start(client, SCOPE);
  await cancel(`Cancel and go back to ${name}`);
  await subscriber.start(client, SCOPE);
  await subscriber.askForPin();
  await cancel(`Cancel and go back to ${name}`);
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  await expect(subscriber.button("Allow")).toBeVisible();
  await cancel("Cancel");
  // A no is not remembered.
  await subscriber.start(client, SCOPE);
  await expect(subscriber.button("Allow")).toBeVisible();
});

test("an operator that has not enabled the product: the subscriber is told, and the client", async ({ stranger }) => {
  const { page } = stranger;
  await stranger.start(DEMO_WEB, SCOPE);
  await stranger.signIn();
  await expect(page.getByRole("heading", { name: "Fjordmobil has not enabled Voicebox" })).toBeVisible();
  await expect(page.getByText("Nothing was shared.")).toBeVisible();
  const callback = await stranger.sentTo(DEMO_WEB, () => stranger.button("Back to Voicebox").click());
  expect(callback.searchParams.get("error")).toBe("access_denied");
  expect(callback.searchParams.get("state")).toBe(STATE);
});

test("an optional permission is not ticked, and can be left out", async ({ subscriber, world, request }) => {
  const { client, name } = await world.product({ optional: ["voicemail.get"] });
  const { page } = subscriber;
  const scope = `${SCOPE} voicemail.get`;
  await subscriber.start(client, scope);
  await subscriber.signIn();
  await expect(page.getByRole("checkbox")).toHaveCount(1);
  await expect(page.getByRole("checkbox", { name: /voicemail/i })).not.toBeChecked();
  await expect(page.getByText(`* ${name} does not work without it.`)).toBeVisible();
  const callback = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  expect(callback.searchParams.get("scope")).not.toContain("voicemail.get");
  const tokens = await redeem(request, client, callback);
  expect(tokens.scope.split(" ").sort()).toEqual(SCOPE.split(" ").sort());
});

test("an optional permission can be given", async ({ subscriber, world, request }) => {
  const { client } = await world.product({ optional: ["voicemail.get"] });
  await subscriber.start(client, `${SCOPE} voicemail.get`);
  await subscriber.signIn();
  await subscriber.page.getByRole("checkbox", { name: /voicemail/i }).check();
  const callback = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  const tokens = await redeem(request, client, callback);
  expect(tokens.scope.split(" ")).toContain("voicemail.get");
});

test("consent is asked for once, and later only for the difference", async ({ subscriber, world, browser, outbox }) => {
  const { client, name } = await world.product({ optional: ["voicemail.get"] });
  await subscriber.start(client, "openid");
  await subscriber.signIn();
  await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  // The session lives, the consent is remembered: no page at all.
  const again = await subscriber.sentTo(client, () => subscriber.start(client, "openid").catch(() => undefined));
  expect(again.searchParams.get("code")).toBeTruthy();
  // In another browser only the PIN is asked for.
  const other = await browser.newContext();
  try {
    const elsewhere = new Subscriber(await other.newPage(), outbox, subscriber.number);
    await elsewhere.start(client, "openid");
    await elsewhere.askForPin();
    await elsewhere.sentTo(client, async () => elsewhere.enterPin(await elsewhere.pin()));
  } finally {
    await other.close();
  }
  await subscriber.start(client, "openid phone");
  const { page } = subscriber;
  await expect(page.getByRole("heading", { name: `${name} would now also like to` })).toBeVisible();
  await expect(page.getByRole("region", { name: /would now also like to/ }).getByRole("listitem")).toHaveCount(1);
  const more = await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  expect(more.searchParams.get("scope")?.split(" ").sort()).toEqual(["openid", "phone"]);
});

test("prompt=login asks for the number in spite of a session", async ({ subscriber, world }) => {
  const { client, name } = await world.product();
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  await subscriber.start(client, SCOPE, { prompt: "login" });
  await expect(subscriber.page.getByRole("heading", { name: `Sign in to ${name}` })).toBeVisible();
});

test("signing out ends the session: prompt=none is login_required", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE);
  await subscriber.signIn();
  await subscriber.sentTo(client, () => subscriber.button("Allow").click());
  await page.goto("/oauth2/sessions/logout");
  await subscriber.button("Sign out").click();
  await expect(page.getByRole("heading", { name: "You are signed out" })).toBeVisible();
  const silent = () => subscriber.start(client, SCOPE, { prompt: "none" }).catch(() => undefined);
  const callback = await subscriber.sentTo(client, silent);
  expect(callback.searchParams.get("error")).toBe("login_required");
});

test("form_post answers with a form that the browser sends", async ({ subscriber, world, javaScriptEnabled }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  await subscriber.start(client, SCOPE, { response_mode: "form_post" });
  await subscriber.signIn();
  const posted = page.waitForRequest((request) => request.method() === "POST" && request.url() === client.redirectUri);
  await subscriber.button("Allow").click();
  // With scripts it sends itself; without, there is a button.
  if (javaScriptEnabled === false) await subscriber.button("Continue").click();
  const fields = new URLSearchParams((await posted).postData() ?? "");
  expect(fields.get("state")).toBe(STATE);
  expect(fields.get("code")).toBeTruthy();
});

test("an unknown client or address to return to: a page that says so, never a redirect", async ({ page }) => {
  const unknown = { ...DEMO_WEB, id: "demo-nobody" };
  let answer = await page.goto(authorizationUrl(unknown, SCOPE));
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole("heading", { name: "We do not know who sent you here" })).toBeVisible();
  const elsewhere = { ...DEMO_WEB, redirectUri: "https://example.com/callback/" };
  answer = await page.goto(authorizationUrl(elsewhere, SCOPE));
  expect(answer?.status()).toBe(400);
  await expect(page.getByRole("heading", { name: "We do not know where to send you back" })).toBeVisible();
  expect(new URL(page.url()).pathname).toBe("/oauth2/auth");
});

test("all of it by keyboard alone", async ({ subscriber, world }) => {
  const { client } = await world.product({ optional: ["voicemail.get"] });
  const { page } = subscriber;
  await subscriber.start(client, `${SCOPE} voicemail.get`);
  await expect(subscriber.numberField).toBeFocused();
  await page.keyboard.type(subscriber.number);
  await page.keyboard.press("Enter");
  await expect(subscriber.pinField).toBeFocused();
  await page.keyboard.type(await subscriber.pin());
  await page.keyboard.press("Enter");
  const box = page.getByRole("checkbox", { name: /voicemail/i });
  await expect(box).toBeVisible();
  await tabTo(page, box);
  await page.keyboard.press("Space");
  await expect(box).toBeChecked();
  await tabTo(page, subscriber.button("Allow"));
  const callback = await subscriber.sentTo(client, () => page.keyboard.press("Enter"));
  expect(callback.searchParams.get("scope")).toContain("voicemail.get");
});

async function tabTo(page: Page, target: ReturnType<Page["getByRole"]>) {
  for (let presses = 0; presses < 25; presses++) {
    await page.keyboard.press("Tab");
    if (await target.evaluate((element) => element === document.activeElement)) return;
  }
  throw new Error(`Tab does not reach ${target}`);
}

test("signing in and consenting is under 30 kB in all, without WASM or a script", async ({ subscriber, world }) => {
  const { client } = await world.product();
  const { page } = subscriber;
  const responses: Response[] = [];
  page.on("response", (response) => responses.push(response));
  const scripts: number[] = [];
  await subscriber.start(client, SCOPE);
  scripts.push(await page.locator("script").count());
  await subscriber.askForPin();
  scripts.push(await page.locator("script").count());
  await subscriber.enterPin(await subscriber.pin());
  await expect(subscriber.button("Allow")).toBeVisible();
  scripts.push(await page.locator("script").count());
  expect(scripts, "scripts on the three pages").toEqual([0, 0, 0]);

  let bytes = 0;
  const loaded: string[] = [];
  for (const response of responses) {
    const { pathname } = new URL(response.url());
    const { responseBodySize, responseHeadersSize } = await response.request().sizes();
    bytes += responseBodySize + responseHeadersSize;
    loaded.push(`${pathname} ${responseBodySize}+${responseHeadersSize}`);
    expect(["document", "stylesheet", "image", "other"]).toContain(response.request().resourceType());
    expect(pathname).not.toMatch(/\.(wasm|js)$/);
  }
  expect(loaded.some((line) => line.startsWith("/idp.css")), loaded.join("\n")).toBe(true);
  expect(bytes, loaded.join("\n")).toBeLessThan(30_000);
});

test("the pages fit a phone of 320 px", async ({ subscriber, world }) => {
  const { client } = await world.product({ optional: ["voicemail.get"] });
  const { page } = subscriber;
  await page.setViewportSize({ width: 320, height: 640 });
  const fits = async () => {
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    expect(width, page.url()).toBeLessThanOrEqual(320);
  };
  await subscriber.start(client, `${SCOPE} voicemail.get`);
  await fits();
  await subscriber.askForPin();
  await fits();
  await subscriber.enterPin(await subscriber.wrongPin());
  await expect(page.getByText("4 tries left")).toBeVisible();
  await fits();
  await subscriber.enterPin(await subscriber.pin());
  await expect(subscriber.button("Allow")).toBeVisible();
  await fits();
});
