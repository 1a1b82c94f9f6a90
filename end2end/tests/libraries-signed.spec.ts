// Clients that sign: FAPI 2.0 (pushed requests, PKCE, private_key_jwt, DPoP), signed requests and
// signed answers, with the libraries that such clients are written with, over TLS.

import { exportJWK } from "jose";

import { DEMO_APP, demoFapi, fapiKey, REDIRECT_URI } from "../lib/demo";
import { LIBRARIES } from "../lib/libraries";
import { DEV } from "../lib/people";
import { expect, test } from "../lib/test";

const FAPI = { scope: "openid profile email offline_access", redirectUri: REDIRECT_URI, pushed: true };

/** A key pair of a client that registers itself. */
async function keyPair() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const { privateKey, publicKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const jwk = { ...(await exportJWK(publicKey)), alg: "ES256", use: "sig", kid: "one" };
  return { key: { key: privateKey, kid: "one" }, jwks: { keys: [jwk] } };
}

for (const library of LIBRARIES) {
  test.describe(library.name, () => {
    // A run that starts its servers has a third one, which wants nonces; see playwright.config.ts.
    const nonces = [process.env.PORTICO_E2E_NONCES_URL ?? []].flat();
    const servers: { title: string; url: string | undefined }[] = [
      { title: "FAPI 2.0 with refresh and a protected userinfo", url: undefined },
      ...nonces.map((url) => ({ title: "FAPI 2.0 where proofs need a nonce", url })),
    ];
    for (const { title, url } of servers) {
      test.describe(() => {
        if (url) test.use({ baseURL: url });

        test(title, async ({ baseURL, signsIn }) => {
          const client = await library.client(baseURL!, await demoFapi());
          let link: URL | undefined;
          const tokens = await client.signIn((url) => signsIn(DEV)((link = url)), FAPI);
          expect([...link!.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
          expect(tokens.token_type).toBe("dpop");
          const { sub, auth_time } = tokens.said!;
          expect(tokens.said).toMatchObject({ iss: baseURL, aud: ["demo-fapi"], acr: "urn:portico:acr:password" });
          expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email, email_verified: true });

          const refreshed = await client.refresh(tokens.refresh_token!);
          expect(refreshed.said).toMatchObject({ sub, auth_time });
          expect(refreshed.refresh_token ?? tokens.refresh_token).toBe(tokens.refresh_token);
          expect(await client.introspect(refreshed.access_token)).toMatchObject({
            active: true,
            token_type: "DPoP",
            client_id: "demo-fapi",
            cnf: { jkt: expect.any(String) },
          });

          // Another key opens nothing.
          const other = await library.client(baseURL!, await demoFapi());
          await expect(other.userInfo(refreshed)).rejects.toThrow();
          await client.revoke(tokens.refresh_token!);
          await expect(client.userInfo(refreshed)).rejects.toThrow();
        });
      });
    }

    test("a signed request that is pushed, and a signed answer", async ({ baseURL, signsIn }) => {
      const client = await library.client(baseURL!, await demoFapi());
      let callback: URL | undefined;
      const asked = { ...FAPI, signed: await fapiKey(), answerSigned: true };
      const tokens = await client.signIn(async (url) => (callback = await signsIn(DEV)(url)), asked);
      expect([...callback!.searchParams.keys()]).toEqual(["response"]);
      expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email });
    });

    test("a signed request in the link, and everything that can be signed in answers", async ({ baseURL, signsIn }) => {
      const { key, jwks } = await keyPair();
      const metadata = {
        client_name: "Signs everything",
        redirect_uris: [REDIRECT_URI],
        token_endpoint_auth_method: "private_key_jwt",
        request_object_signing_alg: "ES256",
        require_signed_request_object: true,
        id_token_signed_response_alg: "ES256",
        userinfo_signed_response_alg: "ES256",
        introspection_signed_response_alg: "ES256",
        authorization_signed_response_alg: "ES256",
        jwks,
      };
      const { client } = await library.register(baseURL!, metadata, key);
      const unsigned = { scope: "openid email", redirectUri: REDIRECT_URI, answerSigned: true };
      let link: URL | undefined;
      const tokens = await client.signIn((url) => signsIn(DEV)((link = url)), { ...unsigned, signed: key });
      expect([...link!.searchParams.keys()].sort()).toEqual(["client_id", "request"]);
      expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email });
      expect(await client.introspect(tokens.access_token)).toMatchObject({ active: true, client_id: client.id });
      await expect(client.signIn(signsIn(DEV), unsigned)).rejects.toThrow();
    });

    test("a signed request at an address of the client", async ({ baseURL, signsIn, receiver }) => {
      const { key, jwks } = await keyPair();
      const path = `/requests/${library.name}.jwt`;
      const { client } = await library.register(baseURL!, {
        client_name: "Says where its requests are",
        redirect_uris: [REDIRECT_URI],
        request_uris: [receiver.url + path],
        request_object_signing_alg: "ES256",
        jwks,
      });
      const go = async (url: URL) => {
        receiver.serve(path, url.searchParams.get("request")!, "application/oauth-authz-req+jwt");
        url.search = new URLSearchParams({ client_id: client.id, request_uri: receiver.url + path }).toString();
        return signsIn(DEV)(url);
      };
      const asked = { scope: "openid email", redirectUri: REDIRECT_URI, signed: key };
      expect(await client.userInfo(await client.signIn(go, asked))).toMatchObject({ email: DEV.email });
    });

    test("a bound token of a client that could do without", async ({ baseURL, signsIn }) => {
      const client = await library.client(baseURL!, { ...DEMO_APP, bound: true });
      const tokens = await client.signIn(signsIn(DEV), { scope: "openid email", redirectUri: REDIRECT_URI });
      expect(tokens.token_type).toBe("dpop");
      expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email });
      const unbound = await library.client(baseURL!, DEMO_APP);
      await expect(unbound.userInfo(tokens)).rejects.toThrow();
    });
  });
}
