// What a client's server does, as in the walkthrough of the authorization code flow.

import { expect, type APIRequestContext } from "@playwright/test";

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
