// Signing out, in both directions, with the libraries of clients, over TLS.

import { createRemoteJWKSet, jwtVerify } from "jose";

import { DEMO_APP, REDIRECT_URI } from "../lib/demo";
import { LIBRARIES } from "../lib/libraries";
import { DEV } from "../lib/people";
import { expect, test } from "../lib/test";

for (const library of LIBRARIES) {
  test.describe(library.name, () => {
    test("signing out at the client signs out here", async ({ baseURL, request, signsIn }) => {
      const client = await library.client(baseURL!, DEMO_APP);
      const asked = { scope: "openid profile email", redirectUri: REDIRECT_URI };
      const tokens = await client.signIn(signsIn(DEV), asked);
      const silently = { ...asked, more: { prompt: "none" } };
      expect((await client.signIn(signsIn(DEV), silently)).said).toMatchObject({ sub: tokens.said!.sub });

      const url = client.endSession({
        id_token_hint: tokens.id_token!,
        post_logout_redirect_uri: "https://example.com/",
        state: "bye",
      });
      const answer = await request.get(url.href, { maxRedirects: 0 });
      expect(answer.headers()["location"]).toBe("https://example.com/?state=bye");
      await expect(client.signIn(signsIn(DEV), silently)).rejects.toMatchObject({ error: "login_required" });
      await expect(client.userInfo(tokens)).rejects.toThrow();
    });

    test("a client hears of the end of a session", async ({ baseURL, request, signsIn, receiver }) => {
      const { client } = await library.register(baseURL!, {
        client_name: "Hears of the end",
        redirect_uris: [REDIRECT_URI],
        backchannel_logout_uri: `${receiver.url}/logout`,
        backchannel_logout_session_required: true,
      });
      const tokens = await client.signIn(signsIn(DEV), { scope: "openid email", redirectUri: REDIRECT_URI });
      await request.get(client.endSession({ id_token_hint: tokens.id_token! }).href);
      const posted = await receiver.next();
      expect(posted.path).toBe("/logout");
      expect(posted.headers["content-type"]).toBe("application/x-www-form-urlencoded");
      const logoutToken = new URLSearchParams(posted.body).get("logout_token")!;
      const { issuer, jwks_uri } = client.server;
      const { payload } = await jwtVerify(logoutToken, createRemoteJWKSet(new URL(jwks_uri!)), {
        issuer,
        audience: client.id,
        typ: "logout+jwt",
        maxTokenAge: "2 minutes",
        requiredClaims: ["jti", "iat", "exp"],
      });
      const { sub, sid } = tokens.said!;
      expect(payload).toMatchObject({ sub, sid, events: { "http://schemas.openid.net/event/backchannel-logout": {} } });
      expect(payload.nonce).toBeUndefined();
    });
  });
}
