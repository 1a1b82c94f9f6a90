// What a test finds when it begins, made by HTTP: a developer, a product with a client, distributed
// and enabled.

import { expect } from "@playwright/test";

import type { Client } from "./oauth";
import type { Outbox } from "./outbox";
import { somebody, unique, type Person } from "./people";
import { Portal, type PageText } from "./portal";

export interface Product {
  name: string;
  /** Its path in the portal. */
  path: string;
  client: Client;
  owner: Person;
}

export interface Wish {
  required?: string[];
  optional?: string[];
  redirectUri?: string;
}

export class World {
  private signedIn: Promise<Person> | undefined;

  constructor(
    private readonly portal: Portal,
    private readonly outbox: Outbox,
    private readonly nordtel: Portal,
  ) {}

  /** This test's developer: with an account, and signed in nowhere but here. */
  developer(): Promise<Person> {
    this.signedIn ??= this.newcomer();
    return this.signedIn;
  }

  private async newcomer(): Promise<Person> {
    const person = somebody();
    await this.portal.signUp(person, this.outbox);
    return person;
  }

  /** The path of an organization that the developer has just created. */
  async organization(name = `Studio ${unique()}`): Promise<string> {
    await this.developer();
    const page = await this.portal.submit("/organizations/new", { name });
    return page.url.pathname;
  }

  /** A product for subscribers without clients, in the developer's own organization unless another is given; its path. */
  async emptyProduct(name = `Lantern ${unique()}`, audience = "subscribers", of?: string): Promise<string> {
    await this.developer();
    const organization = of ?? firstLink(await this.portal.get("/organizations"), /\/organizations\/org_\w+/);
    const page = await this.portal.submit(`${organization}/products/new`, { name, audience });
    return page.url.pathname.replace(/\/clients$/, "");
  }

  /** A client of the product, with what its page shows only once. */
  async client(product: string, redirectUri = "https://example.com/callback"): Promise<Client> {
    const page = await this.portal.submit(`${product}/clients/new`, {
      description: "this is a test",
      login: redirectUri,
      revoke: "https://example.com/revoke",
      action: "save",
    });
    return { ...credentials(page.html), redirectUri };
  }

  /** An organization for several, with a product and a client. */
  async productOfTeam(): Promise<{ organization: string; path: string; client: Client }> {
    const organization = await this.organization();
    const path = await this.emptyProduct(undefined, undefined, organization);
    return { organization, path, client: await this.client(path) };
  }

  /** A product that Nordtel has enabled. */
  async product(wish: Wish = {}): Promise<Product> {
    const required = wish.required ?? ["openid", "phone", "offline_access"];
    const optional = wish.optional ?? [];
    const name = `Lantern ${unique()}`;
    const path = await this.emptyProduct(name);
    const client = await this.client(path, wish.redirectUri);
    await this.portal.submit(`${path}/scopes`, { enabled: [...required, ...optional], optional });
    await this.distribute(path, "Nordtel");
    await this.enable(name);
    return { name, path, client, owner: await this.developer() };
  }

  private async distribute(path: string, operator: string) {
    const page = await this.portal.get(`${path}/distribution`);
    const box = page.html.match(new RegExp(`<input[^>]*aria-label="[^"]*${operator}[^"]*"[^>]*>`))?.[0];
    const value = box?.match(/value="([^"]+)"/)?.[1];
    if (!value) throw new Error(`${operator} cannot be chosen at ${path}/distribution`);
    await this.portal.submit(`${path}/distribution`, { operator: value });
  }

  private async enable(name: string) {
    const console = firstLink(await this.nordtel.get("/organizations"), /\/operators\/org_\w+/);
    const products = await this.nordtel.get(`${console}/products`);
    const row = products.html.split("<tr").find((text) => text.includes(name));
    const link = row?.match(/href="(\/operators\/[^"]+\/products\/[^"]+)"/)?.[1];
    if (!link) throw new Error(`${name} is not offered to Nordtel`);
    await this.nordtel.submit(`${link}/enable`, {});
  }
}

function firstLink(page: PageText, pattern: RegExp): string {
  const link = page.html.match(pattern)?.[0];
  expect(link, `a link like ${pattern} at ${page.url}`).toBeTruthy();
  return link!;
}

/** Client id and secret, from the page that shows them. */
function credentials(html: string): { id: string; secret: string } {
  const value = (name: string) => {
    const text = html.match(new RegExp(`<dt>${name}</dt>\\s*<dd>.*?<code>([^<]+)</code>`, "is"))?.[1];
    if (!text) throw new Error(`the page shows no ${name}: ${html.slice(0, 3000)}`);
    return text;
  };
  return { id: value("Client id"), secret: value("Client secret") };
}
