// The other ways to a token, registration and logout, with the libraries of clients, over TLS.

import { createRemoteJWKSet, jwtVerify } from "jose";
import * as openid from "openid-client";

import { DEV } from "../lib/people";
import { Receiver } from "../lib/receiver";
import { allowDevice, authorize } from "../lib/robot";
import { expect, test } from "../lib/test";

const REDIRECT_URI = "http://127.0.0.1:8765/callback";
const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

const discover = (issuer: string) => openid.discovery(new URL(issuer), "demo-app", "demo-app-secret");

async function signIn(
  config: openid.Configuration,
  go: (url: URL) => Promise<URL>,
  scope = "openid profile email offline_access",
) {
  const pkceCodeVerifier = openid.randomPKCECodeVerifier();
  const expectedState = openid.randomState();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope,
    state: expectedState,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
  });
  const checks = { pkceCodeVerifier, expectedState, idTokenExpected: true };
  return openid.authorizationCodeGrant(config, await go(url), checks);
}

test("openid-client: a device signs somebody in", async ({ baseURL, request, outbox }) => {
  const config = await discover(baseURL!);
  const begun = await openid.initiateDeviceAuthorization(config, { scope: "openid email" });
  expect(begun.verification_uri).toBe(`${baseURL}/device`);
  await allowDevice(request, outbox, DEV, begun.verification_uri, begun.user_code);
  const tokens = await openid.pollDeviceAuthorizationGrant(config, begun);
  const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub);
  expect(info).toMatchObject({ email: DEV.email, email_verified: true });
});

test("openid-client: a subscriber answers on the phone", async ({ baseURL, request, outbox }) => {
  const number = "+46701740612";
  const config = await openid.discovery(new URL(baseURL!), "demo-call", "demo-call-secret");
  expect(config.serverMetadata()).toMatchObject({
    backchannel_authentication_endpoint: `${baseURL}/oauth2/bc-authorize`,
    backchannel_token_delivery_modes_supported: ["poll", "ping"],
    backchannel_user_code_parameter_supported: false,
  });
  const begun = await openid.initiateBackchannelAuthentication(config, {
    scope: "openid phone",
    login_hint: number,
    binding_message: "W4SCT",
  });
  await allowDevice(request, outbox, number, await outbox.link(number, "/approve"));
  const tokens = await openid.pollBackchannelAuthenticationGrant(config, begun);
  expect(tokens.claims()).toMatchObject({ aud: ["demo-call"], amr: ["sms"] });
  const info = await openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub);
  expect(info).toMatchObject({ phone_number: number, phone_number_verified: true });
});

test("openid-client: one service acts for somebody at another", async ({ baseURL, request, outbox }) => {
  const config = await discover(baseURL!);
  const tokens = await signIn(config, (url) => authorize(request, outbox, DEV, url));
  const exchanged = await openid.genericGrantRequest(config, TOKEN_EXCHANGE, {
    subject_token: tokens.access_token,
    subject_token_type: ACCESS_TOKEN,
    scope: "email",
  });
  expect(exchanged).toMatchObject({ scope: "email", issued_token_type: ACCESS_TOKEN });
  expect(exchanged.refresh_token).toBeUndefined();
  expect(await openid.tokenIntrospection(config, exchanged.access_token)).toMatchObject({
    active: true,
    sub: tokens.claims()!.sub,
    act: { sub: "demo-app" },
  });
  await openid.tokenRevocation(config, tokens.access_token);
  expect(await openid.tokenIntrospection(config, exchanged.access_token)).toEqual({ active: false });
});

test("openid-client: a client registers itself and signs somebody in", async ({ baseURL, request, outbox }) => {
  const config = await openid.dynamicClientRegistration(new URL(baseURL!), {
    client_name: "Registered by a library",
    redirect_uris: [REDIRECT_URI],
    post_logout_redirect_uris: ["http://127.0.0.1:8765/bye"],
  });
  const registered = config.clientMetadata();
  const management = String(registered.registration_client_uri);
  const headers = { authorization: `Bearer ${String(registered.registration_access_token)}` };

  const tokens = await signIn(config, (url) => authorize(request, outbox, DEV, url), "openid email");
  expect(tokens.claims()).toMatchObject({ aud: [registered.client_id] });

  const read = await request.get(management, { headers });
  expect(await read.json()).toMatchObject({ client_name: "Registered by a library", redirect_uris: [REDIRECT_URI] });
  const changed = await request.put(management, {
    headers,
    data: { client_id: registered.client_id, client_name: "Another name", redirect_uris: [REDIRECT_URI] },
  });
  expect(await changed.json()).toMatchObject({ client_name: "Another name" });
  expect((await request.delete(management, { headers })).status()).toBe(204);
  expect((await request.get(management, { headers })).status()).toBe(401);
  await expect(openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub)).rejects.toThrow();
});

test("openid-client: signing out at the client signs out here", async ({ baseURL, request, outbox }) => {
  const config = await discover(baseURL!);
  const tokens = await signIn(config, (url) => authorize(request, outbox, DEV, url));
  const url = openid.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token!,
    post_logout_redirect_uri: "https://example.com/",
    state: "bye",
  });
  const answer = await request.get(url.href, { maxRedirects: 0 });
  expect(answer.headers()["location"]).toBe("https://example.com/?state=bye");
  const silent = openid.buildAuthorizationUrl(config, {
    redirect_uri: REDIRECT_URI,
    scope: "openid",
    prompt: "none",
    nonce: openid.randomNonce(),
  });
  const refused = await request.get(silent.href, { maxRedirects: 0 });
  expect(new URL(refused.headers()["location"]!).searchParams.get("error")).toBe("login_required");
  await expect(openid.fetchUserInfo(config, tokens.access_token, tokens.claims()!.sub)).rejects.toThrow();
});

test("jose: a client hears of the end of a session", async ({ baseURL, request, outbox }) => {
  const receiver = await new Receiver().listen();
  try {
    const config = await openid.dynamicClientRegistration(new URL(baseURL!), {
      client_name: "Hears of the end",
      redirect_uris: [REDIRECT_URI],
      backchannel_logout_uri: `${receiver.url}/logout`,
      backchannel_logout_session_required: true,
    });
    const tokens = await signIn(config, (url) => authorize(request, outbox, DEV, url), "openid email");
    const { sub, sid } = tokens.claims()!;
    await request.get(openid.buildEndSessionUrl(config, { id_token_hint: tokens.id_token! }).href);
    const posted = await receiver.next();
    expect(posted.path).toBe("/logout");
    expect(posted.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    const logoutToken = new URLSearchParams(posted.body).get("logout_token")!;
    const { issuer, jwks_uri } = config.serverMetadata();
    const { payload } = await jwtVerify(logoutToken, createRemoteJWKSet(new URL(jwks_uri!)), {
      issuer,
      audience: config.clientMetadata().client_id,
      typ: "logout+jwt",
      maxTokenAge: "2 minutes",
      requiredClaims: ["jti", "iat", "exp"],
    });
    expect(payload).toMatchObject({
      sub,
      sid,
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect(payload.nonce).toBeUndefined();
  } finally {
    await receiver.close();
  }
});
