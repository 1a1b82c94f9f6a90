// People with portal accounts: made up on the spot, so that no test meets another's.

import { randomBytes } from "node:crypto";

import { expect, type Page } from "@playwright/test";

import type { Outbox } from "./outbox";

export interface Person {
  name: string;
  email: string;
  password: string;
}

/** A word that nobody else has. */
export function unique(): string {
  return randomBytes(5).toString("hex");
}

export function somebody(name = "Petra Example"): Person {
  const tag = unique();
  // As long as some are: a narrow page has to break it.
  return { name, email: `petra.${tag}.of.the.second.floor@example.test`, password: `quiet harbour ${tag}` };
}

/** Users of the demo world. */
export const DEMO_PASSWORD = "portico-demo";
export const ADMIN = { name: "Ada Admin", email: "admin@portico.test", password: DEMO_PASSWORD };
export const DEV = { name: "Dev Eloper", email: "dev@portico.test", password: DEMO_PASSWORD };
export const NORDTEL_STAFF = { name: "Nora Nordtel", email: "staff@nordtel.test", password: DEMO_PASSWORD };

/** The key pair of the demo world's client `demo-fapi`. */
export const DEMO_FAPI_KEY = {
  kty: "EC",
  crv: "P-256",
  x: "iaJfyWhAhU2damU4PVs3Ontu7QT_iME_SnZ934OvV6I",
  y: "ytBic0DvZOKPet3jhrWwWx_uLYNjbnsRyaLGGPLY-6M",
  d: "yeFlRP4KQDvZv47WrrnThYtanYpeM4EdDMwuwR0GZ_I",
  alg: "ES256",
  use: "sig",
  kid: "demo-fapi-1",
};

export async function fillSignUp(page: Page, person: Person) {
  await page.getByLabel("Your name").fill(person.name);
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Create account" }).click();
}

/** Signs up and follows the mailed link, up to the first page of somebody who is signed in. */
export async function signUp(page: Page, outbox: Outbox, person: Person) {
  await page.goto("/signup");
  await fillSignUp(page, person);
  await expect(page.getByRole("heading", { name: "Look into your mail" })).toBeVisible();
  await page.goto(await outbox.link(person.email, "/verify"));
  await page.getByRole("button", { name: "Confirm address" }).click();
  await expect(page).toHaveURL("/organizations");
}

export async function signIn(page: Page, person: Person) {
  await page.goto("/signin");
  await page.getByLabel("E-mail address").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

export async function signOut(page: Page) {
  await page.getByLabel(/account menu$/).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page).toHaveURL("/signin");
}
