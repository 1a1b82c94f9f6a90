// openid-client, as its documentation says that it is used.

import * as openid from "openid-client";

import type { Asked, Client, Go, Library, Registration, Tokens } from "./library";

export const openidClient: Library = {
  name: "openid-client",

  async client(issuer, registration) {
    const { id, metadata } = registration;
    return new OpenidClient(
      await openid.discovery(new URL(issuer), id, metadata, authentication(registration)),
      registration.bound ? await openid.randomDPoPKeyPair("ES256") : undefined,
    );
  },

  async register(issuer, metadata, key) {
    const authentication = key ? openid.PrivateKeyJwt(key) : undefined;
    const config = await openid.dynamicClientRegistration(new URL(issuer), metadata, authentication);
    return { client: new OpenidClient(config), registered: config.clientMetadata() };
  },
};

function authentication({ secret, post, key }: Registration): openid.ClientAuth {
  if (key) return openid.PrivateKeyJwt(key);
  if (!secret) return openid.None();
  return post ? openid.ClientSecretPost(secret) : openid.ClientSecretBasic(secret);
}

class OpenidClient implements Client {
  private readonly options: openid.DPoPOptions;

  constructor(
    private readonly config: openid.Configuration,
    keys?: CryptoKeyPair,
  ) {
    openid.enableNonRepudiationChecks(config);
    this.options = keys ? { DPoP: openid.getDPoPHandle(config, keys) } : {};
  }

  get id() {
    return this.config.clientMetadata().client_id;
  }

  get server() {
    return this.config.serverMetadata();
  }

  async signIn(go: Go, asked: Asked): Promise<Tokens> {
    const pkceCodeVerifier = asked.bare ? undefined : openid.randomPKCECodeVerifier();
    const expectedNonce = asked.bare ? undefined : openid.randomNonce();
    const expectedState = openid.randomState();
    const parameters: Record<string, string> = {
      redirect_uri: asked.redirectUri,
      scope: asked.scope,
      state: expectedState,
      ...asked.more,
    };
    if (pkceCodeVerifier && expectedNonce) {
      parameters.code_challenge = await openid.calculatePKCECodeChallenge(pkceCodeVerifier);
      parameters.code_challenge_method = "S256";
      parameters.nonce = expectedNonce;
    }
    if (asked.answerSigned) openid.useJwtResponseMode(this.config);
    const callback = await go(await this.link(parameters, asked));
    const idTokenExpected = asked.scope.split(" ").includes("openid");
    const checks = { pkceCodeVerifier, expectedNonce, expectedState, idTokenExpected };
    const { resource } = parameters;
    const more = resource ? { resource } : undefined;
    return told(await openid.authorizationCodeGrant(this.config, callback, checks, more, this.options));
  }

  private async link(parameters: Record<string, string>, { signed, pushed }: Asked): Promise<URL> {
    let url = openid.buildAuthorizationUrl(this.config, parameters);
    if (signed) {
      url = await openid.buildAuthorizationUrlWithJAR(this.config, parameters, signed);
      parameters = { request: url.searchParams.get("request")! };
    }
    return pushed ? openid.buildAuthorizationUrlWithPAR(this.config, parameters, this.options) : url;
  }

  async refresh(token: string) {
    return told(await openid.refreshTokenGrant(this.config, token, undefined, this.options));
  }

  async credentials(scope: string) {
    return told(await openid.clientCredentialsGrant(this.config, { scope }, this.options));
  }

  async grant(type: string, parameters: Record<string, string>) {
    return told(await openid.genericGrantRequest(this.config, type, parameters, this.options));
  }

  async device(scope: string, allow: Parameters<Client["device"]>[1]) {
    const begun = await openid.initiateDeviceAuthorization(this.config, { scope });
    await allow(begun);
    return told(await openid.pollDeviceAuthorizationGrant(this.config, begun, undefined, this.options));
  }

  async ask(parameters: Record<string, string>, allow: () => Promise<void>) {
    const begun = await openid.initiateBackchannelAuthentication(this.config, parameters);
    await allow();
    return told(await openid.pollBackchannelAuthenticationGrant(this.config, begun, undefined, this.options));
  }

  userInfo({ access_token, said }: Tokens) {
    return openid.fetchUserInfo(this.config, access_token, said?.sub ?? openid.skipSubjectCheck, this.options);
  }

  introspect(token: string) {
    return openid.tokenIntrospection(this.config, token);
  }

  revoke(token: string) {
    return openid.tokenRevocation(this.config, token);
  }

  call(token: string, method: string, url: string, body?: object) {
    const headers = new Headers(body && { "content-type": "application/json" });
    const text = body && JSON.stringify(body);
    return openid.fetchProtectedResource(this.config, token, new URL(url), method, text, headers, this.options);
  }

  endSession(parameters: Record<string, string>) {
    return openid.buildEndSessionUrl(this.config, parameters);
  }
}

function told(response: openid.TokenEndpointResponse & openid.TokenEndpointResponseHelpers): Tokens {
  return { ...(response as openid.TokenEndpointResponse), said: response.claims() };
}
