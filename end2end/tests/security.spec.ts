// How people sign in: with a passkey, with an authenticator app, with a recovery code; and that
// neither is got round.

import type { Page } from "@playwright/test";

import { signIn, signOut, type Person } from "../lib/people";
import { expect, test } from "../lib/test";
import { addApp, code } from "../lib/totp";

/** The password, up to the second step. */
async function toSecondStep(page: Page, person: Person) {
  await signIn(page, person);
  await expect(page).toHaveURL("/signin/second");
}

async function second(page: Page, typed: string) {
  await page.getByLabel("Code", { exact: true }).fill(typed);
  await page.getByRole("button", { name: "Go on" }).click();
}

test("an authenticator app: the password alone does not sign in, a code does once", async ({ page, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  await expect(page).toHaveURL("/organizations");
  const { secret } = await addApp(page);
  await signOut(page);

  await toSecondStep(page, person);
  await page.goto("/organizations");
  await expect(page).toHaveURL(/\/signin\?/);
  await page.goto("/signin/second");
  await second(page, "000000");
  await expect(page.getByLabel("Code", { exact: true })).toHaveAttribute("aria-invalid", "true");
  // The code of now has turned the app on and is used up; the next one is early enough.
  const next = code(secret, 1);
  await second(page, next);
  await expect(page).toHaveURL("/organizations");
  await signOut(page);

  await toSecondStep(page, person);
  await second(page, next);
  await expect(page.getByLabel("Code", { exact: true })).toHaveAttribute("aria-invalid", "true");
});

test("a recovery code signs in once", async ({ page, world, outbox }) => {
  const person = await world.developer();
  await signIn(page, person);
  const { codes } = await addApp(page);
  expect(codes).toHaveLength(10);
  await signOut(page);

  await toSecondStep(page, person);
  await second(page, codes[4]!);
  await expect(page).toHaveURL("/organizations");
  expect((await outbox.newest(person.email)).subject).toBe("A recovery code was used");
  await page.goto("/account/security");
  await expect(page.getByText("9 of 10 are left")).toBeVisible();
  await signOut(page);

  await toSecondStep(page, person);
  await second(page, codes[4]!);
  await expect(page.getByLabel("Code", { exact: true })).toHaveAttribute("aria-invalid", "true");
});

test("a new password by mail does not get round the app", async ({ page, world, outbox }) => {
  const person = await world.developer();
  await signIn(page, person);
  await addApp(page);
  await signOut(page);
  await page.goto("/forgot");
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await page.goto(await outbox.link(person.email, "/reset"));
  const password = `${person.password} again`;
  await page.getByLabel("New password").fill(password);
  await page.getByRole("button", { name: "Set password" }).click();
  await toSecondStep(page, { ...person, password });
  await page.goto("/account");
  await expect(page).toHaveURL(/\/signin\?/);
});

test.describe("passkeys @scripts", () => {
  // A passkey belongs to a host with a name.
  test.use({
    baseURL: async ({ baseURL }, use) => use(baseURL!.replace("127.0.0.1", "localhost")),
  });

  interface Device {
    /** Whether it answers at once, also what a browser only offers in the address field. */
    answers: (at_once: boolean) => Promise<void>;
    /** Whether the finger on it is its owner's. */
    knows: (owner: boolean) => Promise<void>;
  }

  /** A device with its owner's finger on it. */
  async function device(page: Page): Promise<Device> {
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    const { authenticatorId } = await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2",
        transport: "internal",
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    return {
      answers: async (enabled) => {
        await cdp.send("WebAuthn.setAutomaticPresenceSimulation", { authenticatorId, enabled });
      },
      knows: async (isUserVerified) => {
        await cdp.send("WebAuthn.setUserVerified", { authenticatorId, isUserVerified });
      },
    };
  }

  /** As in a browser that offers no passkey by itself. */
  async function offersNothing(page: Page) {
    await page.addInitScript(() => {
      PublicKeyCredential.isConditionalMediationAvailable = async () => false;
    });
  }

  async function addPasskey(page: Page, name: string) {
    await page.goto("/account/security/passkeys");
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Add the passkey" }).click();
    await expect(page.getByRole("heading", { name: "Store your recovery codes now" })).toBeVisible();
    await page.getByRole("link", { name: "I have stored them" }).click();
    await expect(page.getByRole("heading", { name, exact: true })).toBeVisible();
  }

  test("a passkey signs in without a password", async ({ page, world }) => {
    const person = await world.developer();
    await offersNothing(page);
    await device(page);
    await signIn(page, person);
    await expect(page).toHaveURL("/organizations");
    await addPasskey(page, "Test device");
    await signOut(page);
    await page.goto("/signin?return_to=%2Faccount%2Fsecurity");
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL("/account/security");
    await expect(page.getByRole("heading", { name: "Test device" })).toBeVisible();
  });

  test("the browser offers a passkey in the address field", async ({ page, world }) => {
    const person = await world.developer();
    const key = await device(page);
    await signIn(page, person);
    await addPasskey(page, "Test device");
    await key.answers(false);
    await signOut(page);
    // Not the page that is left behind is answered.
    await page.goto("about:blank");
    // Nobody presses anything on the page.
    await key.answers(true);
    await page.goto("/signin?return_to=%2Faccount%2Fsecurity");
    await expect(page).toHaveURL("/account/security");
  });

  test("a passkey is the second step of a password, which alone does not sign in", async ({ page, world }) => {
    const person = await world.developer();
    await offersNothing(page);
    const key = await device(page);
    await signIn(page, person);
    await addPasskey(page, "Test device");
    await signOut(page);

    // Somebody else's finger is on the device.
    await key.knows(false);
    await toSecondStep(page, person);
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("status").filter({ hasText: "No passkey was used" })).toBeVisible();
    await page.goto("/organizations");
    await expect(page).toHaveURL(/\/signin\?/);

    await key.knows(true);
    await page.goto("/signin/second");
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page).toHaveURL("/organizations");
  });

  test("a passkey that was removed does not sign in", async ({ page, world, outbox }) => {
    const person = await world.developer();
    const key = await device(page);
    await signIn(page, person);
    await addPasskey(page, "Test device");
    await page.getByRole("link", { name: "Remove Test device" }).click();
    await page.getByRole("button", { name: "Remove passkey" }).click();
    await expect(page.getByText("The passkey is removed.")).toBeVisible();
    expect((await outbox.newest(person.email)).subject).toBe("A passkey was removed");
    await key.answers(false);
    await signOut(page);
    await key.answers(true);
    await page.waitForLoadState("networkidle");
    await page.getByRole("button", { name: "Use a passkey" }).click();
    await expect(page.getByRole("alert")).toContainText("That passkey does not sign in here.");
  });
});
