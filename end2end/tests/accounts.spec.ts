// Accounts: signing up and in, passwords, addresses, sessions.

import { fillSignUp, signIn, signOut, signUp, somebody, unique } from "../lib/people";
import { expect, test } from "../lib/test";

test("signing up: nothing typed is lost on an error, and the mailed link opens the account", async ({ page, outbox }) => {
  const person = somebody();
  await page.goto("/");
  await page.getByRole("main").getByRole("link", { name: "Create account" }).click();
  await fillSignUp(page, { ...person, password: "password" });
  await expect(page.getByLabel("Password")).toHaveAccessibleDescription(/on lists of common passwords/);
  await expect(page.getByLabel("Your name")).toHaveValue(person.name);
  await expect(page.getByLabel("E-mail address")).toHaveValue(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();

  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await expect(page.getByText(person.email)).toBeVisible();
  // As a person does it: through the outbox page.
  await page.getByRole("main").getByRole("link", { name: "outbox" }).click();
  await page.getByRole("row", { name: new RegExp(person.email) }).getByRole("link", { name: /\/verify\?token=/ }).click();
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page.getByText("Your address is confirmed.")).toBeVisible();
  await signOut(page);
  await signIn(page, person);
  await expect(page).toHaveURL("/organizations");
  await expect(page.getByRole("main").getByRole("link", { name: person.name })).toBeVisible();
});

test("signing in before the address is confirmed sends the link again", async ({ page, outbox }) => {
  const person = somebody();
  await page.goto("/signup");
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await signIn(page, person);
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await page.goto(await outbox.link(person.email, "/verify"));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page).toHaveURL("/organizations");
});

test("the link in another browser wants the password", async ({ page, browser, outbox }) => {
  const person = somebody();
  await page.goto("/signup");
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  const other = await browser.newContext();
  try {
    const phone = await other.newPage();
    await phone.goto(await outbox.link(person.email, "/verify"));
    await phone.getByLabel("Password").fill("not the password at all");
    await phone.getByRole("button", { name: "Confirm address" }).click();
    await expect(phone.getByLabel("Password")).toHaveAttribute("aria-invalid", "true");
    await phone.getByLabel("Password").fill(person.password);
    await phone.getByRole("button", { name: "Confirm address" }).click();
    await expect(phone).toHaveURL("/organizations");
  } finally {
    await other.close();
  }
});

test("signing up with an address that has an account says the same, and mails its owner", async ({ page, outbox }) => {
  const person = somebody();
  await signUp(page, outbox, person);
  await signOut(page);
  await page.goto("/signup");
  await fillSignUp(page, { ...person, password: `another harbour ${unique()}` });
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  expect((await outbox.newest(person.email)).subject).toBe("You already have an account");
});

test("a wrong password and an unknown address get the same answer, and keep what was typed", async ({ page, world }) => {
  const person = await world.developer();
  const answers: string[] = [];
  for (const email of [person.email, somebody().email]) {
    await signIn(page, { ...person, email, password: "certainly not this" });
    await expect(page.getByRole("alert")).toContainText("That e-mail address and password do not go together.");
    await expect(page.getByLabel("E-mail address")).toHaveValue(email);
    await expect(page.getByLabel("Password")).toHaveValue("");
    answers.push(await page.getByRole("main").innerText());
  }
  expect(answers[0]).toBe(answers[1]);
});

test("somebody who is not signed in comes back to where they wanted to go", async ({ page, world }) => {
  const person = await world.developer();
  await page.goto("/account/sessions");
  await expect(page).toHaveURL(/\/signin/);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL("/account/sessions");
});

test("a forgotten password: the link works once and signs out everywhere", async ({ page, browser, world, outbox }) => {
  const person = await world.developer();
  await signIn(page, person);
  await expect(page).toHaveURL("/organizations");
  const other = await browser.newContext();
  try {
    const elsewhere = await other.newPage();
    await elsewhere.goto("/signin");
    await elsewhere.getByRole("link", { name: "Forgotten?" }).click();
    await elsewhere.getByLabel("E-mail address").fill(person.email);
    await elsewhere.getByRole("button", { name: "Send link" }).click();
    await expect(elsewhere.getByText("If there is an account with that address")).toBeVisible();
    const link = await outbox.link(person.email, "/reset");
    await elsewhere.goto(link);
    await elsewhere.getByLabel("New password").fill("12345678");
    await elsewhere.getByRole("button", { name: "Set password" }).click();
    await expect(elsewhere.getByLabel("New password")).toHaveAttribute("aria-invalid", "true");
    const password = `a brighter lantern ${unique()}`;
    await elsewhere.getByLabel("New password").fill(password);
    await elsewhere.getByRole("button", { name: "Set password" }).click();
    await expect(elsewhere.getByText("you are signed out everywhere")).toBeVisible();

    await elsewhere.goto(link);
    await expect(elsewhere.getByRole("alert")).toContainText("This link does not work any more");
    await page.goto("/account");
    await expect(page).toHaveURL(/\/signin/);
    await signIn(elsewhere, person);
    await expect(elsewhere.getByRole("alert")).toContainText("do not go together");
    await signIn(elsewhere, { ...person, password });
    await expect(elsewhere).toHaveURL("/organizations");
  } finally {
    await other.close();
  }
});

test("asking for a link to an unknown address says the same and mails nobody", async ({ page, outbox }) => {
  const person = somebody();
  await page.goto("/forgot");
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByText("If there is an account with that address")).toBeVisible();
  expect(await outbox.to(person.email)).toEqual([]);
});

test("a changed password signs the other browsers out, and this one not", async ({ page, browser, world, outbox }) => {
  const person = await world.developer();
  await signIn(page, person);
  const other = await browser.newContext();
  try {
    const elsewhere = await other.newPage();
    await signIn(elsewhere, person);
    await expect(elsewhere).toHaveURL("/organizations");
    await page.goto("/account");
    const password = `another lantern ${unique()}`;
    await page.getByLabel("Present password").fill("certainly not this");
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByLabel("Present password")).toHaveAccessibleDescription(/That is not your password/);
    await page.getByLabel("Present password").fill(person.password);
    await page.getByLabel("New password").fill(password);
    await page.getByRole("button", { name: "Change password" }).click();
    await expect(page.getByText("Your password is changed.")).toBeVisible();
    expect((await outbox.newest(person.email)).subject).toBe("Your password was changed");
    await elsewhere.goto("/account");
    await expect(elsewhere).toHaveURL(/\/signin/);
    await page.goto("/account");
    await expect(page).toHaveURL("/account");
  } finally {
    await other.close();
  }
});

test("a new e-mail address counts once its link was opened", async ({ page, world, outbox }) => {
  const person = await world.developer();
  const { email } = somebody();
  await signIn(page, person);
  await page.goto("/account");
  await page.getByLabel("New e-mail address").fill(email);
  await page.getByLabel("Your password").fill(person.password);
  await page.getByRole("button", { name: "Send link" }).click();
  await expect(page.getByText("Look into the mail of the new address")).toBeVisible();
  await expect(page.getByRole("main").getByText(person.email)).toBeVisible();
  expect((await outbox.newest(person.email)).subject).toBe("Your e-mail address is about to change");
  await page.goto(await outbox.link(email, "/account/email"));
  await page.getByRole("button", { name: "Use this address" }).click();
  await expect(page.getByText("Your e-mail address is changed.")).toBeVisible();
  await signOut(page);
  await signIn(page, { ...person, email });
  await expect(page).toHaveURL("/organizations");
});

test("a new name shows everywhere", async ({ page, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  await page.goto("/account/profile");
  await page.getByLabel("Your name").fill("Petra Renamed");
  await page.getByRole("button", { name: "Save profile" }).click();
  await expect(page.getByText("Your profile is saved.")).toBeVisible();
  await expect(page.getByLabel("Petra Renamed: account menu")).toBeVisible();
});

test("sessions: another browser is listed and can be signed out", async ({ page, browser, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  const other = await browser.newContext({ userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
  try {
    const elsewhere = await other.newPage();
    await signIn(elsewhere, person);
    await page.goto("/account/sessions");
    await expect(page.getByRole("row", { name: /This one/ })).toHaveCount(1);
    await page.getByRole("row", { name: /Firefox on Linux/ }).getByRole("button", { name: "Sign out" }).click();
    await expect(page.getByText("That session is signed out.")).toBeVisible();
    await expect(page.getByRole("row", { name: /Firefox on Linux/ })).toHaveCount(0);
    await elsewhere.reload();
    await expect(elsewhere).toHaveURL(/\/signin/);
  } finally {
    await other.close();
  }
});

test("sign out everywhere means here, too", async ({ page, browser, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  const other = await browser.newContext();
  try {
    const elsewhere = await other.newPage();
    await signIn(elsewhere, person);
    await page.goto("/account/sessions");
    await page.getByRole("link", { name: "Sign out everywhere" }).click();
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await expect(page.getByText("You are signed out everywhere.")).toBeVisible();
    for (const one of [page, elsewhere]) {
      await one.goto("/organizations");
      await expect(one).toHaveURL(/\/signin/);
    }
  } finally {
    await other.close();
  }
});

test("after signing out, the back button shows nothing of before", async ({ page, world }) => {
  const person = await world.developer();
  await signIn(page, person);
  await page.goto("/account");
  await expect(page.getByRole("heading", { name: "Account" })).toBeVisible();
  await signOut(page);
  await page.goBack();
  await expect(page).toHaveURL(/\/signin/);
});

test("the theme is remembered", async ({ page, world }) => {
  await signIn(page, await world.developer());
  const choose = async (theme: string) => {
    await page.getByLabel(/account menu$/).click();
    await page.getByRole("group", { name: "Theme" }).getByRole("button", { name: theme }).click();
  };
  await page.goto("/account");
  await choose("Dark");
  await expect(page).toHaveURL("/account");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.goto("/account/sessions");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await choose("System");
  await expect(page.locator("html")).not.toHaveAttribute("data-theme");
});
