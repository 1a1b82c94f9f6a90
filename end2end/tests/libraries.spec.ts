// Libraries that clients are written with complete their flows against the running binary, and
// nothing has to be adjusted for them.

import * as oauth from "oauth4webapi";
import * as openid from "openid-client";

import { nordtelNumber } from "../lib/numbers";
import { authorize } from "../lib/robot";
import { expect, test } from "../lib/test";

const SCOPE = "openid phone offline_access";

async function discover(issuer: string, id: string, secret?: string) {
  const authentication = secret ? openid.ClientSecretBasic(secret) : openid.None();
  return openid.discovery(new URL(issuer), id, secret, authentication, { execute: [openid.allowInsecureRequests] });
}

test("openid-client: code flow with PKCE, userinfo, refresh, revocation", async ({ baseURL, request, outbox }, info) => {
  const number = nordtelNumber(info.project.outputDir);
  const config = await discover(baseURL!, "demo-web", "demo-web-secret");
  expect(config.serverMetadata().supportsPKCE()).toBe(true);

  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const expectedNonce = openid.randomNonce();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: "http://127.0.0.1:8765/callback",
    scope: SCOPE,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    state: expectedState,
    nonce: expectedNonce,
    prompt: "consent",
  });
  const callback = await authorize(request, outbox, number, url);
  const tokens = await openid.authorizationCodeGrant(config, callback, {
    pkceCodeVerifier,
    expectedState,
    expectedNonce,
    idTokenExpected: true,
  });
  const claims = tokens.claims()!;
  expect(claims).toMatchObject({ iss: baseURL, phone_number: number, phone_number_verified: true });
  expect([claims.aud].flat()).toEqual(["demo-web"]);
  expect(tokens.expires_in).toBe(3600);

  expect(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)).toMatchObject({
    sub: claims.sub,
    phone_number: number,
    phone_number_verified: true,
  });

  const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token!);
  expect(refreshed.refresh_token).not.toBe(tokens.refresh_token);
  expect(refreshed.claims()).toMatchObject({ sub: claims.sub, auth_time: claims.auth_time });
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toMatchObject({
    active: true,
    client_id: "demo-web",
  });

  await openid.tokenRevocation(config, refreshed.refresh_token!);
  await expect(openid.refreshTokenGrant(config, refreshed.refresh_token!)).rejects.toMatchObject({
    error: "invalid_grant",
  });
  await expect(openid.fetchUserInfo(config, refreshed.access_token, claims.sub)).rejects.toThrow();
  expect(await openid.tokenIntrospection(config, refreshed.access_token)).toEqual({ active: false });
});

test("openid-client: a public client needs PKCE and no secret", async ({ baseURL, request, outbox }, info) => {
  const number = nordtelNumber(info.project.outputDir);
  const config = await discover(baseURL!, "demo-spa");
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const parameters = {
    redirect_uri: "http://127.0.0.1:8766/callback",
    scope: "openid phone",
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    prompt: "consent",
  };
  const callback = await authorize(request, outbox, number, openid.buildAuthorizationUrl(config, parameters));
  const tokens = await openid.authorizationCodeGrant(config, callback, { pkceCodeVerifier, idTokenExpected: true });
  const claims = tokens.claims()!;
  // Profile standard: the number is for userinfo alone.
  expect(claims).not.toHaveProperty("phone_number");
  expect(await openid.fetchUserInfo(config, tokens.access_token, claims.sub)).toMatchObject({ phone_number: number });
  expect(tokens.refresh_token).toBeUndefined();
});

test("openid-client: client credentials", async ({ baseURL }) => {
  const config = await discover(baseURL!, "demo-reports", "demo-reports-secret");
  const tokens = await openid.clientCredentialsGrant(config, { scope: "metrics.read" });
  expect(tokens.scope).toBe("metrics.read");
  expect(tokens.expires_in).toBe(3600);
  expect(await openid.tokenIntrospection(config, tokens.access_token)).toMatchObject({
    active: true,
    sub: "demo-reports",
  });
  await openid.tokenRevocation(config, tokens.access_token);
  expect(await openid.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
  await expect(openid.clientCredentialsGrant(config, { scope: "phone" })).rejects.toMatchObject({
    error: "invalid_scope",
  });
});

test("openid-client: the secret in the body works, a wrong one does not", async ({ baseURL }) => {
  const post = (secret: string) =>
    openid.discovery(new URL(baseURL!), "demo-reports", secret, openid.ClientSecretPost(secret), {
      execute: [openid.allowInsecureRequests],
    });
  const tokens = await openid.clientCredentialsGrant(await post("demo-reports-secret"));
  expect(tokens.scope).toBe("metrics.read");
  await expect(openid.clientCredentialsGrant(await post("demo-reports-wrong"))).rejects.toMatchObject({ status: 401 });
});

test("oauth4webapi: code flow with PKCE, userinfo, refresh, revocation", async ({ baseURL, request, outbox }, info) => {
  const number = nordtelNumber(info.project.outputDir);
  const http = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(baseURL!);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
  const metadata = await oauth.discoveryRequest(issuer, { ...http, algorithm: "oauth2" });
  expect((await oauth.processDiscoveryResponse(issuer, metadata)).token_endpoint).toBe(as.token_endpoint);

  const client: oauth.Client = { client_id: "demo-web" };
  const authentication = oauth.ClientSecretBasic("demo-web-secret");
  const verifier = oauth.generateRandomCodeVerifier();
  const state = oauth.generateRandomState();
  const redirectUri = "http://127.0.0.1:8765/callback";
  const url = new URL(as.authorization_endpoint!);
  const parameters = {
    client_id: client.client_id,
    redirect_uri: redirectUri,
    response_type: "code",
    scope: SCOPE,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    prompt: "consent",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  const callback = await authorize(request, outbox, number, url);

  const answer = oauth.validateAuthResponse(as, client, callback, state);
  const grant = oauth.authorizationCodeGrantRequest(as, client, authentication, answer, redirectUri, verifier, http);
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, await grant, { requireIdToken: true });
  const claims = oauth.getValidatedIdTokenClaims(tokens)!;

  const info_ = await oauth.userInfoRequest(as, client, tokens.access_token, http);
  expect(await oauth.processUserInfoResponse(as, client, claims.sub, info_)).toMatchObject({ phone_number: number });

  const refresh = await oauth.refreshTokenGrantRequest(as, client, authentication, tokens.refresh_token!, http);
  const refreshed = await oauth.processRefreshTokenResponse(as, client, refresh);
  const revoke = await oauth.revocationRequest(as, client, authentication, refreshed.refresh_token!, http);
  await oauth.processRevocationResponse(revoke);
  const late = await oauth.userInfoRequest(as, client, refreshed.access_token, http);
  expect(late.status).toBe(401);
});
