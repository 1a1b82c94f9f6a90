// oauth4webapi, which leaves each step to whoever uses it.

import * as oauth from "oauth4webapi";

import type { Asked, Client, Go, Library, Registration, Tokens } from "./library";

export const oauth4webapi: Library = {
  name: "oauth4webapi",

  async client(issuer, registration) {
    return new Oauth4webapi(
      await discover(issuer),
      { client_id: registration.id, ...registration.metadata },
      authentication(registration),
      registration.bound ? await oauth.generateKeyPair("ES256") : undefined,
    );
  },

  async register(issuer, metadata, key) {
    const server = await discover(issuer);
    const answer = await oauth.dynamicClientRegistrationRequest(server, metadata);
    const registered = await oauth.processDynamicClientRegistrationResponse(answer);
    const secret = registered.client_secret as string | undefined;
    const post = registered.token_endpoint_auth_method === "client_secret_post";
    const client = new Oauth4webapi(server, registered, authentication({ id: registered.client_id, secret, post, key }));
    return { client, registered };
  },
};

async function discover(issuer: string): Promise<oauth.AuthorizationServer> {
  const url = new URL(issuer);
  return oauth.processDiscoveryResponse(url, await oauth.discoveryRequest(url));
}

function authentication({ secret, post, key }: Registration): oauth.ClientAuth {
  if (key) return oauth.PrivateKeyJwt(key);
  if (!secret) return oauth.None();
  return post ? oauth.ClientSecretPost(secret) : oauth.ClientSecretBasic(secret);
}

class Oauth4webapi implements Client {
  private readonly options: { DPoP?: oauth.DPoPHandle };

  constructor(
    readonly server: oauth.AuthorizationServer,
    private readonly client: oauth.Client,
    private readonly authentication: oauth.ClientAuth,
    keys?: CryptoKeyPair,
  ) {
    this.options = keys ? { DPoP: oauth.DPoP(client, keys) } : {};
  }

  get id() {
    return this.client.client_id;
  }

  async signIn(go: Go, asked: Asked): Promise<Tokens> {
    const { server, client, authentication, options } = this;
    const verifier = asked.bare ? oauth.nopkce : oauth.generateRandomCodeVerifier();
    const nonce = asked.bare ? oauth.expectNoNonce : oauth.generateRandomNonce();
    const state = oauth.generateRandomState();
    const parameters: Record<string, string> = {
      response_type: "code",
      redirect_uri: asked.redirectUri,
      scope: asked.scope,
      state,
      ...(asked.answerSigned ? { response_mode: "jwt" } : {}),
      ...asked.more,
    };
    if (typeof verifier === "string" && typeof nonce === "string") {
      parameters.code_challenge = await oauth.calculatePKCECodeChallenge(verifier);
      parameters.code_challenge_method = "S256";
      parameters.nonce = nonce;
    }
    const callback = await go(await this.link(parameters, asked));
    const answer = asked.answerSigned
      ? await oauth.validateJwtAuthResponse(server, client, callback, state)
      : oauth.validateAuthResponse(server, client, callback, state);
    const { resource } = parameters;
    const more = { ...options, additionalParameters: resource ? { resource } : undefined };
    return this.tokens(
      () => oauth.authorizationCodeGrantRequest(server, client, authentication, answer, asked.redirectUri, verifier, more),
      (response) => {
        const requireIdToken = asked.scope.split(" ").includes("openid");
        return oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken });
      },
    );
  }

  private async link(parameters: Record<string, string>, { signed, pushed }: Asked): Promise<URL> {
    const { server, client, authentication, options } = this;
    if (signed) parameters = { request: await oauth.issueRequestObject(server, client, parameters, signed) };
    if (pushed) {
      const pushing = await twice(
        () => oauth.pushedAuthorizationRequest(server, client, authentication, parameters, options),
        (response) => oauth.processPushedAuthorizationResponse(server, client, response),
      );
      parameters = { request_uri: pushing.request_uri };
    }
    const url = new URL(server.authorization_endpoint!);
    url.search = new URLSearchParams({ client_id: client.client_id, ...parameters }).toString();
    return url;
  }

  refresh(token: string) {
    const { server, client, authentication, options } = this;
    return this.tokens(
      () => oauth.refreshTokenGrantRequest(server, client, authentication, token, options),
      (response) => oauth.processRefreshTokenResponse(server, client, response),
    );
  }

  credentials(scope: string) {
    const { server, client, authentication, options } = this;
    return this.tokens(
      () => oauth.clientCredentialsGrantRequest(server, client, authentication, { scope }, options),
      (response) => oauth.processClientCredentialsResponse(server, client, response),
    );
  }

  grant(type: string, parameters: Record<string, string>) {
    const { server, client, authentication, options } = this;
    return this.tokens(
      () => oauth.genericTokenEndpointRequest(server, client, authentication, type, parameters, options),
      (response) => oauth.processGenericTokenEndpointResponse(server, client, response),
    );
  }

  async device(scope: string, allow: Parameters<Client["device"]>[1]) {
    const { server, client, authentication, options } = this;
    const request = await oauth.deviceAuthorizationRequest(server, client, authentication, { scope });
    const begun = await oauth.processDeviceAuthorizationResponse(server, client, request);
    await allow(begun);
    return this.tokens(
      () => oauth.deviceCodeGrantRequest(server, client, authentication, begun.device_code, options),
      (response) => oauth.processDeviceCodeResponse(server, client, response),
    );
  }

  async ask(parameters: Record<string, string>, allow: () => Promise<void>) {
    const { server, client, authentication, options } = this;
    const request = await oauth.backchannelAuthenticationRequest(server, client, authentication, parameters);
    const begun = await oauth.processBackchannelAuthenticationResponse(server, client, request);
    await allow();
    return this.tokens(
      () => oauth.backchannelAuthenticationGrantRequest(server, client, authentication, begun.auth_req_id, options),
      (response) => oauth.processBackchannelAuthenticationGrantResponse(server, client, response),
    );
  }

  userInfo({ access_token, said }: Tokens) {
    const { server, client, options } = this;
    return twice(
      () => oauth.userInfoRequest(server, client, access_token, options),
      async (response) => {
        const info = await oauth.processUserInfoResponse(server, client, said?.sub ?? oauth.skipSubjectCheck, response);
        if (client.userinfo_signed_response_alg) await oauth.validateApplicationLevelSignature(server, response);
        return info;
      },
    );
  }

  async introspect(token: string) {
    const { server, client, authentication } = this;
    const response = await oauth.introspectionRequest(server, client, authentication, token);
    const told = await oauth.processIntrospectionResponse(server, client, response);
    if (client.introspection_signed_response_alg) await oauth.validateApplicationLevelSignature(server, response);
    return told;
  }

  async revoke(token: string) {
    const { server, client, authentication } = this;
    await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, authentication, token));
  }

  call(token: string, method: string, url: string, body?: object) {
    const headers = new Headers(body && { "content-type": "application/json" });
    const text = body && JSON.stringify(body);
    return twice(
      () => oauth.protectedResourceRequest(token, method, new URL(url), headers, text, this.options),
      async (response) => response,
    );
  }

  endSession(parameters: Record<string, string>) {
    const url = new URL(this.server.end_session_endpoint!);
    url.search = new URLSearchParams({ client_id: this.id, ...parameters }).toString();
    return url;
  }

  private async tokens(
    send: () => Promise<Response>,
    process: (response: Response) => Promise<oauth.TokenEndpointResponse>,
  ): Promise<Tokens> {
    return twice(send, async (response) => {
      const tokens = await process(response);
      if (tokens.id_token) await oauth.validateApplicationLevelSignature(this.server, response);
      return { ...tokens, said: oauth.getValidatedIdTokenClaims(tokens) };
    });
  }
}

/** Sends, and once more if the server wants a nonce in the proof, which the library has taken from its answer. */
async function twice<T>(send: () => Promise<Response>, process: (response: Response) => Promise<T>): Promise<T> {
  try {
    return await process(await send());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await send());
  }
}
