// The portal without a browser: gets a page, fills in one of its forms, sends it. What a test is not
// about is prepared in this way.

import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";

import type { Outbox } from "./outbox";
import type { Person } from "./people";

type Value = string | string[];

export interface PageText {
  /** Where redirects have led. */
  url: URL;
  html: string;
}

export class Portal {
  constructor(readonly request: APIRequestContext) {}

  async get(path: string): Promise<PageText> {
    return this.read(await this.request.get(path));
  }

  /** Sends fields from the page at `path` to `action`, which is that page unless another is given. */
  async submit(path: string, fields: Record<string, Value>, action = path): Promise<PageText> {
    const page = await this.get(path);
    const csrf = page.html.match(/name="?csrf"? value="?([^"> ]+)/)?.[1];
    if (!csrf) throw new Error(`no form at ${page.url}: ${page.html.slice(0, 2000)}`);
    const body = new URLSearchParams({ csrf });
    for (const [name, value] of Object.entries(fields)) {
      for (const one of [value].flat()) body.append(name, one);
    }
    const answer = await this.request.post(action, {
      headers: { "content-type": "application/x-www-form-urlencoded", origin: page.url.origin },
      data: body.toString(),
    });
    return this.read(answer);
  }

  async signIn(person: Person) {
    const page = await this.submit("/signin", { email: person.email, password: person.password });
    expect(page.url.pathname, "signing in").toBe("/organizations");
  }

  async signUp(person: Person, outbox: Outbox) {
    await this.submit("/signup", { name: person.name, email: person.email, password: person.password });
    const link = new URL(await outbox.link(person.email, "/verify"));
    const token = link.searchParams.get("token")!;
    const page = await this.submit(link.pathname + link.search, { token }, "/verify");
    expect(page.url.pathname, "confirming an address").toBe("/organizations");
  }

  /** Where a link leads whose text begins with this, on the page at `path`. */
  async link(path: string, text: string): Promise<string> {
    const { html } = await this.get(path);
    const link = html.match(new RegExp(`<a [^>]*href="([^"]+)"[^>]*>(?:<[^>]*>|\\s)*${text}`))?.[1];
    expect(link, `a link "${text}" at ${path}`).toBeTruthy();
    return link!;
  }

  private async read(answer: APIResponse): Promise<PageText> {
    const html = await answer.text();
    expect(answer.status(), `${answer.url()}: ${html.slice(0, 3000)}`).toBe(200);
    return { url: new URL(answer.url()), html };
  }
}
