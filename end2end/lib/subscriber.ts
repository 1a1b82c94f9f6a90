// A subscriber in a browser: a number, a PIN, a question.

import { expect, type Page } from "@playwright/test";

import { authorizationUrl, sentTo, type Client } from "./oauth";
import type { Outbox } from "./outbox";

export class Subscriber {
  constructor(
    readonly page: Page,
    readonly outbox: Outbox,
    readonly number: string,
  ) {}

  get numberField() {
    return this.page.getByLabel("Your phone number");
  }

  get pinField() {
    return this.page.getByLabel("PIN from the SMS");
  }

  button(name: string) {
    return this.page.getByRole("button", { name, exact: true });
  }

  /** Follows the client's link, which has a nonce, as a careful client's has that asks who somebody is. */
  async start(client: Client, scope: string, more: Record<string, string> = {}) {
    const nonce: Record<string, string> = scope.split(" ").includes("openid") ? { nonce: "n-0S6_WzA2Mj" } : {};
    return this.page.goto(authorizationUrl(client, scope, { ...nonce, ...more }));
  }

  async askForPin(number = this.number) {
    await this.numberField.fill(number);
    await this.button("Send PIN").click();
    await expect(this.page.getByRole("heading", { name: "Enter the PIN" })).toBeVisible();
  }

  async enterPin(pin: string) {
    await this.pinField.fill(pin);
    await this.button("Continue").click();
  }

  async pin() {
    return this.outbox.pin(this.number);
  }

  /** From the number to whatever comes after the PIN. */
  async signIn() {
    await this.askForPin();
    await this.enterPin(await this.pin());
  }

  /** A PIN that is not the one that was sent. */
  async wrongPin() {
    return (await this.pin()) === "123456" ? "654321" : "123456";
  }

  /** Does something, and catches where the browser is sent. */
  async sentTo(client: Client, act: () => Promise<unknown>): Promise<URL> {
    return sentTo(this.page, client, act);
  }
}
