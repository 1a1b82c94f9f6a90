// The authorization code flow under each profile, with the libraries that clients are written with,
// over TLS, and everything that a client does with its tokens. Profile `fapi2` is in libraries-signed.

import * as oauth from "oauth4webapi";

import { DEMO_APP, DEMO_SPA, DEMO_WEB, REDIRECT_URI, SPA_REDIRECT_URI } from "../lib/demo";
import { LIBRARIES, type Client, type Tokens } from "../lib/libraries";
import { DEV } from "../lib/people";
import { expect, test } from "../lib/test";

/** Refresh, introspection and revocation, of a client with a secret. */
async function refreshAndRevoke(client: Client, tokens: Tokens) {
  const refreshed = await client.refresh(tokens.refresh_token!);
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  const { sub, auth_time } = tokens.said!;
  expect(refreshed.said).toMatchObject({ sub, auth_time });
  expect(await client.introspect(refreshed.access_token)).toMatchObject({ active: true, client_id: client.id, sub });
  await client.revoke(refreshed.refresh_token!);
  await expect(client.refresh(refreshed.refresh_token!)).rejects.toMatchObject({ error: "invalid_grant" });
  await expect(client.userInfo(refreshed)).rejects.toThrow();
  expect(await client.introspect(refreshed.access_token)).toEqual({ active: false });
}

for (const library of LIBRARIES) {
  test.describe(library.name, () => {
    test("profile classic, as an old client does it", async ({ baseURL, signsIn, number }) => {
      const client = await library.client(baseURL!, DEMO_WEB);
      const scope = "openid phone offline_access";
      const asked = { scope, redirectUri: REDIRECT_URI, bare: true, more: { prompt: "consent" } };
      const tokens = await client.signIn(signsIn(number), asked);
      expect(tokens).toMatchObject({ scope, expires_in: 3600 });
      const told = { phone_number: number, phone_number_verified: true };
      expect(tokens.said).toMatchObject({ iss: baseURL, aud: ["demo-web"], ...told });
      expect(await client.userInfo(tokens)).toMatchObject({ sub: tokens.said!.sub, ...told });
      await refreshAndRevoke(client, tokens);
    });

    test("profile classic, with PKCE and the secret in the body", async ({ baseURL, signsIn, number }) => {
      const client = await library.client(baseURL!, { ...DEMO_WEB, post: true });
      const asked = { scope: "openid phone offline_access", redirectUri: REDIRECT_URI };
      await refreshAndRevoke(client, await client.signIn(signsIn(number), asked));
    });

    test("profile standard, with a secret", async ({ baseURL, signsIn }) => {
      const client = await library.client(baseURL!, DEMO_APP);
      const asked = { scope: "openid profile email offline_access", redirectUri: REDIRECT_URI };
      const tokens = await client.signIn(signsIn(DEV), asked);
      expect(tokens.said).toMatchObject({ iss: baseURL, aud: ["demo-app"], amr: ["pwd"] });
      const told = { email: DEV.email, email_verified: true, name: expect.any(String) };
      expect(await client.userInfo(tokens)).toMatchObject(told);
      await refreshAndRevoke(client, tokens);
    });

    test("profile standard, without a secret", async ({ baseURL, signsIn, number }) => {
      const client = await library.client(baseURL!, DEMO_SPA);
      const asked = { scope: "openid phone", redirectUri: SPA_REDIRECT_URI, more: { prompt: "consent" } };
      const tokens = await client.signIn(signsIn(number), asked);
      // The number is for userinfo alone.
      expect(tokens.said).not.toHaveProperty("phone_number");
      expect(await client.userInfo(tokens)).toMatchObject({ phone_number: number });
      expect(tokens.refresh_token).toBeUndefined();
      const bare = client.signIn(signsIn(number), { ...asked, bare: true });
      await expect(bare).rejects.toMatchObject({ error: "invalid_request" });
    });

    test("profile mcp, with a document as the client", async ({ baseURL, signsIn, receiver }) => {
      const path = `/agents/${library.name}.json`;
      const id = receiver.url + path;
      const said = { client_id: id, client_name: "An agent", redirect_uris: [REDIRECT_URI] };
      receiver.serve(path, JSON.stringify({ ...said, grant_types: ["authorization_code", "refresh_token"] }));

      // The API says who protects it, and what its tokens are for.
      const api = new URL(`${baseURL}/api/v1`);
      const protectedBy = await oauth.processResourceDiscoveryResponse(api, await oauth.resourceDiscoveryRequest(api));
      expect(protectedBy.authorization_servers).toEqual([baseURL]);

      const client = await library.client(protectedBy.authorization_servers![0]!, { id });
      expect(client.server).toMatchObject({ client_id_metadata_document_supported: true });
      const tokens = await client.signIn(signsIn(DEV), {
        scope: "openid offline_access portal:read",
        redirectUri: REDIRECT_URI,
        more: { resource: protectedBy.resource, prompt: "consent" },
      });
      expect(tokens.said).toMatchObject({ aud: [id] });
      const refreshed = await client.refresh(tokens.refresh_token!);
      expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
      const me = await client.call(refreshed.access_token, "GET", `${api}/me`);
      expect(me.status).toBe(200);
      expect(await me.json()).toMatchObject({ sub: tokens.said!.sub });
      await client.revoke(refreshed.refresh_token!);
      await expect(client.call(refreshed.access_token, "GET", `${api}/me`)).rejects.toMatchObject({ status: 401 });
    });

    test("an agent that registers itself", async ({ baseURL, signsIn }) => {
      const metadata = { client_name: "An agent", redirect_uris: [REDIRECT_URI], token_endpoint_auth_method: "none" };
      const { client } = await library.register(baseURL!, metadata);
      const resource = `${baseURL}/api/v1`;
      const asked = { scope: "openid email portal:read", redirectUri: REDIRECT_URI };
      const tokens = await client.signIn(signsIn(DEV), { ...asked, more: { resource } });
      const me = await client.call(tokens.access_token, "GET", `${resource}/me`);
      expect(await me.json()).toMatchObject({ sub: tokens.said!.sub });
      const there = await client.signIn(signsIn(DEV), { ...asked, scope: "openid email" });
      expect(await client.userInfo(there)).toMatchObject({ email: DEV.email });
    });
  });
}
