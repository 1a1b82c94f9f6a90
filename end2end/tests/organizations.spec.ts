// Working together: invitations, roles, leaving, giving away.

import type { Browser, Page } from "@playwright/test";

import { signIn, signUp, somebody, unique, type Person } from "../lib/people";
import { expect, test } from "../lib/test";

/** A second browser, for somebody else. */
async function another(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

async function invite(page: Page, email: string, role: string) {
  const form = page.getByRole("form", { name: "Invite somebody" });
  await form.getByLabel("E-mail address").fill(email);
  await form.getByRole("radio", { name: new RegExp(`^${role}`) }).check();
  await form.getByRole("button", { name: "Send invitation" }).click();
  await expect(page.getByText(`The invitation for ${email} is on its way.`)).toBeVisible();
}

function row(page: Page, person: Person) {
  return page.getByRole("row", { name: new RegExp(person.email) });
}

test("an invitation is mailed, accepted in another browser, and its roles mean something", async ({
  page,
  browser,
  world,
  outbox,
}) => {
  const [owner, colleague] = [await world.developer(), somebody("Carla Colleague")];
  const name = `Harbour Works ${unique()}`;
  const organization = await world.organization(name);
  await signIn(page, owner);
  await page.goto(`${organization}/members`);
  await expect(page.getByRole("button", { name: "Leave" })).toBeDisabled();
  await expect(page.getByRole("button", { name: "Leave" })).toHaveAccessibleDescription(/last owner/);
  await invite(page, colleague.email, "Viewer");
  await expect(row(page, colleague)).toContainText("Invited, until");

  const other = await another(browser);
  const link = await outbox.link(colleague.email, "/invitations");
  await other.goto(link);
  await expect(other.getByRole("heading", { name: `Join ${name}` })).toBeVisible();
  await signUp(other, outbox, colleague);
  await expect(other.getByText(`${owner.name} invites you to ${name}.`)).toBeVisible();
  await other.getByRole("link", { name: "See and decide" }).click();
  await other.getByRole("button", { name: "Accept" }).click();
  await expect(other.getByText("Welcome to the organization.")).toBeVisible();

  // A viewer sees everything, and is told why nothing can be changed.
  await expect(other.getByRole("main").getByRole("link", { name: "Create product" })).toHaveCount(0);
  expect((await other.goto(`${organization}/products/new`))?.status()).toBe(403);
  await expect(other.getByRole("heading", { name: "Your role does not allow this" })).toBeVisible();

  await page.reload();
  await row(page, colleague).getByLabel(`Role of ${colleague.name}`).selectOption("Developer");
  await row(page, colleague).getByRole("button", { name: "Change" }).click();
  await expect(page.getByText("The role is changed.")).toBeVisible();
  await other.goto(organization);
  await other.getByRole("main").getByRole("link", { name: "Create product" }).first().click();
  await expect(other.getByRole("heading", { name: "Create product" })).toBeVisible();

  await row(page, colleague).getByRole("link", { name: `Remove ${colleague.name}` }).click();
  await page.getByRole("button", { name: "Remove member" }).click();
  await expect(row(page, colleague)).toHaveCount(0);
  expect((await other.goto(organization))?.status()).toBe(404);
  await other.goto(link);
  await expect(other.getByText("accepted or withdrawn")).toBeVisible();
  await other.context().close();
});

test("a viewer sees a client, and no secret nor any way to one", async ({ page, browser, world, outbox }) => {
  const owner = await world.developer();
  const { organization, path, client } = await world.productOfTeam();
  const viewer = somebody("Vera Viewer");
  await signIn(page, owner);
  await page.goto(`${organization}/members`);
  await invite(page, viewer.email, "Viewer");
  const other = await another(browser);
  await signUp(other, outbox, viewer);
  await other.goto("/invitations");
  await other.getByRole("button", { name: "Accept" }).click();
  await other.goto(`${path}/clients`);
  await expect(other.getByRole("button", { name: "Add OAuth client" })).toBeDisabled();
  await other.getByRole("link", { name: "this is a test", exact: true }).click();
  await expect(other.getByText(client.id, { exact: true })).toBeVisible();
  await expect(other.getByText(/You are a viewer of/)).toBeVisible();
  await expect(other.getByLabel("Client description")).toBeDisabled();
  for (const name of ["Save client", "Rotate secret"]) {
    await expect(other.getByRole("button", { name })).toHaveCount(0);
  }
  expect((await other.goto(`${path}/clients/new`))?.status()).toBe(403);
  await other.context().close();
});

test("an invitation can be declined, and withdrawn", async ({ page, browser, world, outbox }) => {
  const organization = await world.organization();
  const [first, second] = [somebody("Dora Decliner"), somebody("Willy Withdrawn")];
  await signIn(page, await world.developer());
  await page.goto(`${organization}/members`);
  await invite(page, first.email, "Developer");
  await invite(page, second.email, "Admin");
  const other = await another(browser);
  await signUp(other, outbox, first);
  await other.goto(await outbox.link(first.email, "/invitations"));
  await other.getByRole("button", { name: "Decline" }).click();
  await expect(other.getByText("You have declined the invitation.")).toBeVisible();
  await other.context().close();
  await page.reload();
  await expect(row(page, first)).toHaveCount(0);
  await row(page, second).getByRole("button", { name: /Withdraw/ }).click();
  await expect(row(page, second)).toHaveCount(0);
  const late = await another(browser);
  await late.goto(await outbox.link(second.email, "/invitations"));
  await expect(late.getByRole("heading", { name: "This invitation is over" })).toBeVisible();
  await late.context().close();
});

test("an invitation is for one address: nobody else can accept it", async ({ page, browser, world, outbox }) => {
  const organization = await world.organization();
  const [invited, finder] = [somebody("Ina Invited"), somebody("Fred Finder")];
  await signIn(page, await world.developer());
  await page.goto(`${organization}/members`);
  await invite(page, invited.email, "Admin");
  const other = await another(browser);
  await signUp(other, outbox, finder);
  await other.goto(await outbox.link(invited.email, "/invitations"));
  await expect(other.getByRole("alert")).toContainText("Sign in with that address to accept it");
  await expect(other.getByRole("button", { name: "Accept" })).toHaveCount(0);
  expect((await other.goto(organization))?.status()).toBe(404);
  await other.context().close();
});

test("the last owner cannot leave; after a transfer they can", async ({ page, browser, world, outbox }) => {
  const name = `Harbour Works ${unique()}`;
  const organization = await world.organization(name);
  const [owner, heir] = [await world.developer(), somebody("Henry Heir")];
  await signIn(page, owner);
  await page.goto(`${organization}/settings`);
  await expect(page.getByRole("button", { name: "Leave organization" })).toBeDisabled();
  await page.goto(`${organization}/members`);
  await expect(page.getByText("You are the last owner, so you cannot leave.")).toBeVisible();
  await invite(page, heir.email, "Developer");
  const other = await another(browser);
  await signUp(other, outbox, heir);
  await other.goto("/invitations");
  await other.getByRole("button", { name: "Accept" }).click();
  await expect(other.getByText("Welcome to the organization.")).toBeVisible();

  await page.goto(`${organization}/settings`);
  await page.getByLabel("New owner").selectOption({ label: `${heir.name} (${heir.email})` });
  await page.getByRole("button", { name: "Transfer" }).click();
  await expect(page.getByText("The organization has a new owner.")).toBeVisible();
  await expect(row(page, owner)).toContainText("Admin");
  await row(page, owner).getByRole("link", { name: "Leave" }).click();
  await page.getByRole("button", { name: "Leave organization" }).click();
  await expect(page).toHaveURL("/organizations");
  await expect(page.getByRole("main").getByRole("link", { name })).toHaveCount(0);
  await other.context().close();
});

test("an organization can be renamed, and deleted once it is empty", async ({ page, world }) => {
  const name = `Harbour Works ${unique()}`;
  const organization = await world.organization();
  await signIn(page, await world.developer());
  await page.goto(`${organization}/settings`);
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Save name" }).click();
  await expect(page.getByText("The name is saved.")).toBeVisible();
  await page.getByLabel(`Type “${name}” to confirm`).fill("something else");
  await page.getByRole("button", { name: "Delete organization" }).click();
  await expect(page.getByLabel(`Type “${name}” to confirm`)).toHaveAttribute("aria-invalid", "true");
  await page.getByLabel(`Type “${name}” to confirm`).fill(name);
  await page.getByRole("button", { name: "Delete organization" }).click();
  await expect(page.getByText(`${name} is deleted.`)).toBeVisible();
  expect((await page.goto(organization))?.status()).toBe(404);
});

test("what happened is in the history, with who did it", async ({ page, world }) => {
  const owner = await world.developer();
  const { organization } = await world.productOfTeam();
  await signIn(page, owner);
  await page.goto(`${organization}/history`);
  await expect(page.getByRole("heading", { name: "History" })).toBeVisible();
  await expect(page.getByRole("main")).toContainText(owner.name);
  await expect(page.getByRole("main")).toContainText("this is a test");
});

test("an organization takes over a client that has registered itself", async ({ page, request, world }) => {
  const name = `Pocket ${unique()}`;
  const answer = await request.post("/oauth2/register", {
    data: { client_name: name, redirect_uris: ["https://example.com/callback"] },
  });
  expect(answer.status()).toBe(201);
  const client = (await answer.json()) as Record<string, string>;
  const manage = (token: string) =>
    request.get(new URL(client.registration_client_uri!).pathname, { headers: { authorization: `Bearer ${token}` } });

  await signIn(page, await world.developer());
  const studio = `Studio ${unique()}`;
  await page.goto(await world.organization(studio));
  await page.getByRole("link", { name: "Take over a registered client" }).click();
  await page.getByLabel("Client id").fill(client.client_id!);
  await page.getByLabel("Registration access token").fill("not this one");
  await page.getByRole("button", { name: "Take over client" }).click();
  await expect(page.getByLabel("Registration access token")).toHaveAccessibleDescription(/No client that has registered itself/);
  await expect(page.getByLabel("Client id")).toHaveValue(client.client_id!);

  await page.getByLabel("Registration access token").fill(client.registration_access_token!);
  await page.getByRole("button", { name: "Take over client" }).click();
  await expect(page.getByText("displayed only once")).toBeVisible();
  const token = await page.locator(".secret__values dd code").innerText();
  await page.getByRole("link", { name: "Go to the client" }).click();
  await expect(page.getByRole("heading", { name })).toBeVisible();
  expect((await manage(client.registration_access_token!)).status()).toBe(401);
  expect((await manage(token)).status()).toBe(200);
});
