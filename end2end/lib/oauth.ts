// What a client's server does, as in the walkthrough of the authorization code flow.

import { expect, type APIRequestContext, type Page } from "@playwright/test";

export interface Client {
  id: string;
  secret: string;
  redirectUri: string;
}

/** The demo world's client. */
export const DEMO_WEB: Client = {
  id: "demo-web",
  secret: "demo-web-secret",
  redirectUri: "https://example.com/callback",
};

/** The demo world's application for portal users. */
export const DEMO_APP: Client = {
  id: "demo-app",
  secret: "demo-app-secret",
  redirectUri: "https://example.com/callback",
};

export const STATE = "this-is-a-key-set-by-the-caller";

/** The link that starts the flow; spaces are `%20`, as somebody pastes them. */
export function authorizationUrl(client: Client, scope: string, more: Record<string, string> = {}): string {
  const parameters = {
    response_type: "code",
    scope,
    client_id: client.id,
    redirect_uri: client.redirectUri,
    state: STATE,
    ...more,
  };
  const query = Object.entries(parameters).map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  return `/oauth2/auth?${query.join("&")}`;
}

/** Does something, and catches where the browser is sent: nobody lives at the client's address. */
export async function sentTo(page: Page, client: Client, act: () => Promise<unknown>): Promise<URL> {
  const { origin, pathname } = new URL(client.redirectUri);
  const caught = page.waitForRequest((request) => {
    const url = new URL(request.url());
    return request.isNavigationRequest() && url.origin === origin && url.pathname === pathname;
  });
  const [request] = await Promise.all([caught, act()]);
  // Let the browser find out, before anything else is asked of it.
  await expect.poll(() => page.url()).toMatch(/^chrome-error:/);
  return new URL(request.url());
}

export function basic(client: Client): { authorization: string } {
  return { authorization: `Basic ${Buffer.from(`${client.id}:${client.secret}`).toString("base64")}` };
}

/** The token endpoint, with Basic authentication. */
export async function token(request: APIRequestContext, client: Client, form: Record<string, string>) {
  return request.post("/oauth2/token", { headers: basic(client), form });
}

export interface Tokens {
  access_token: string;
  expires_in: number;
  refresh_token?: string;
  id_token?: string;
  scope: string;
  token_type: string;
}

/** Exchanges the code that a redirect carries. */
export async function redeem(request: APIRequestContext, client: Client, callback: URL): Promise<Tokens> {
  const code = callback.searchParams.get("code");
  expect(code, `a code in ${callback}`).toBeTruthy();
  const answer = await token(request, client, {
    grant_type: "authorization_code",
    code: code!,
    redirect_uri: client.redirectUri,
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}

export async function userinfo(request: APIRequestContext, tokens: Tokens): Promise<Record<string, unknown>> {
  const answer = await request.get("/userinfo", { headers: { authorization: `Bearer ${tokens.access_token}` } });
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.json();
}
