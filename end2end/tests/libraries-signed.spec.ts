// Clients that sign (FAPI 2.0): pushed requests, PKCE, private_key_jwt and DPoP, with the libraries
// that such clients are written with, over TLS.

import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

import { DEMO_FAPI_KEY, DEV } from "../lib/people";
import { authorize } from "../lib/robot";
import { expect, test } from "../lib/test";

const REDIRECT_URI = "http://127.0.0.1:8765/callback";
const SCOPE = "openid profile email offline_access";

async function signingKey() {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", DEMO_FAPI_KEY, algorithm, false, ["sign"]);
  return { key, kid: DEMO_FAPI_KEY.kid };
}

const discover = async (issuer: string) =>
  openid.discovery(
    new URL(issuer),
    "demo-fapi",
    { id_token_signed_response_alg: "ES256", authorization_signed_response_alg: "ES256", use_mtls_endpoint_aliases: false },
    openid.PrivateKeyJwt(await signingKey()),
  );

async function parameters(config: openid.Configuration, more: Record<string, string> = {}) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const expectedNonce = openid.randomNonce();
  const sent = {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    ...more,
  };
  return { sent, checks: { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true } };
}

test("openid-client: FAPI 2.0 with refresh and a protected userinfo", async ({ baseURL, request, outbox }) => {
  const config = await discover(baseURL!);
  expect(config.serverMetadata().pushed_authorization_request_endpoint).toBe(`${baseURL}/oauth2/par`);
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
  const { sent, checks } = await parameters(config);
  const url = await openid.buildAuthorizationUrlWithPAR(config, sent, { DPoP });
  expect([...url.searchParams.keys()].sort()).toEqual(["client_id", "request_uri"]);
  const callback = await authorize(request, outbox, DEV, url);
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
  expect(tokens.token_type).toBe("dpop");
  const claims = tokens.claims()!;
  expect(claims).toMatchObject({ iss: baseURL, aud: ["demo-fapi"] });
  const info = await openid.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
  expect(info).toMatchObject({ email: DEV.email, email_verified: true });
  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!, undefined, { DPoP });
  expect(refreshed.claims()).toMatchObject({ sub: claims.sub, auth_time: claims.auth_time });
  const introspection = await openid.tokenIntrospection(config, refreshed.access_token);
  expect(introspection).toMatchObject({ active: true, token_type: "DPoP", client_id: "demo-fapi" });
  expect(introspection.cnf).toMatchObject({ jkt: expect.any(String) });
  // Another key opens nothing.
  const other = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
  await expect(openid.fetchUserInfo(config, refreshed.access_token, claims.sub, { DPoP: other })).rejects.toThrow();
  await openid.tokenRevocation(config, tokens.refresh_token!);
  await expect(openid.fetchUserInfo(config, refreshed.access_token, claims.sub, { DPoP })).rejects.toThrow();
});

test("openid-client: a signed request and a signed answer", async ({ baseURL, request, outbox }) => {
  const config = await discover(baseURL!);
  openid.useJwtResponseMode(config);
  const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair("ES256"));
  const { sent, checks } = await parameters(config, { scope: "openid" });
  const signed = await openid.buildAuthorizationUrlWithJAR(config, sent, await signingKey());
  const object = signed.searchParams.get("request")!;
  const url = await openid.buildAuthorizationUrlWithPAR(config, { request: object }, { DPoP });
  const callback = await authorize(request, outbox, DEV, url);
  expect([...callback.searchParams.keys()]).toEqual(["response"]);
  const tokens = await openid.authorizationCodeGrant(config, callback, checks, undefined, { DPoP });
  expect(tokens.claims()).toMatchObject({ aud: ["demo-fapi"], acr: "urn:portico:acr:password" });
});

test("openid-client: a portal user signs in to an application", async ({ baseURL, request, outbox }) => {
  const config = await openid.discovery(new URL(baseURL!), "demo-app", "demo-app-secret");
  const { sent, checks } = await parameters(config);
  const callback = await authorize(request, outbox, DEV, openid.buildAuthorizationUrl(config, sent));
  const tokens = await openid.authorizationCodeGrant(config, callback, checks);
  const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub);
  expect(info).toMatchObject({ email: DEV.email, email_verified: true, name: expect.any(String) });
});

test("oauth4webapi: FAPI 2.0", async ({ baseURL, request, outbox }) => {
  const issuer = new URL(baseURL!);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer));
  const client: oauth.Client = { client_id: "demo-fapi", id_token_signed_response_alg: "ES256" };
  const authentication = oauth.PrivateKeyJwt(await signingKey());
  const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const sent = new URLSearchParams({
    response_type: "code",
    redirect_uri: REDIRECT_URI,
    scope: "openid email",
    state,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  });
  const pushed = await oauth.pushedAuthorizationRequest(as, client, authentication, sent, { DPoP });
  const { request_uri } = await oauth.processPushedAuthorizationResponse(as, client, pushed);
  const url = new URL(as.authorization_endpoint!);
  url.search = new URLSearchParams({ client_id: client.client_id, request_uri }).toString();
  const callback = await authorize(request, outbox, DEV, url);
  const answer = oauth.validateAuthResponse(as, client, callback, state);
  const grant = oauth.authorizationCodeGrantRequest(as, client, authentication, answer, REDIRECT_URI, verifier, { DPoP });
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, await grant, { requireIdToken: true });
  const claims = oauth.getValidatedIdTokenClaims(tokens)!;
  const info = await oauth.userInfoRequest(as, client, tokens.access_token, { DPoP });
  expect(await oauth.processUserInfoResponse(as, client, claims.sub, info)).toMatchObject({ email: DEV.email });
});
