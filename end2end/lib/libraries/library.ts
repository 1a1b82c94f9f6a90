// What the tests ask of a client library, whichever it is.

import type * as oauth from "oauth4webapi";

/** Takes a browser, and somebody in it, from a client's link to where the client gets its answer. */
export type Go = (url: URL) => Promise<URL>;

/** How a client is registered, as far as a library has to know. */
export interface Registration {
  id: string;
  /** In the header, unless `post` is set. */
  secret?: string;
  post?: boolean;
  /** It signs with this instead. */
  key?: oauth.PrivateKey;
  /** Its tokens are bound to a key that is made here (DPoP). */
  bound?: boolean;
  /** The algorithms of what is signed for it, and whatever else its metadata says. */
  metadata?: Record<string, string>;
}

/** An authorization request, and the way that it takes. */
export interface Asked {
  scope: string;
  redirectUri: string;
  /** As an old client does: with neither PKCE nor a nonce. */
  bare?: boolean;
  /** Sent ahead of the browser (PAR). */
  pushed?: boolean;
  /** Signed with this key (JAR). */
  signed?: oauth.PrivateKey;
  /** The answer is to be signed (JARM). */
  answerSigned?: boolean;
  /** More parameters. */
  more?: Record<string, string>;
}

/** A token response, and the claims of the ID token in it, if there is one: verified, signature and all. */
export type Tokens = oauth.TokenEndpointResponse & { said?: oauth.IDToken };

/** One client in the hands of one library. */
export interface Client {
  readonly id: string;
  readonly server: oauth.AuthorizationServer;
  /** The whole authorization code flow. */
  signIn(go: Go, asked: Asked): Promise<Tokens>;
  refresh(token: string): Promise<Tokens>;
  credentials(scope: string): Promise<Tokens>;
  /** Any other grant. */
  grant(type: string, parameters: Record<string, string>): Promise<Tokens>;
  /** From the device's request to its tokens; `allow` is told what the device shows. */
  device(scope: string, allow: (shown: oauth.DeviceAuthorizationResponse) => Promise<void>): Promise<Tokens>;
  /** From the request (CIBA) to the tokens; `allow` is called when somebody is being asked. */
  ask(parameters: Record<string, string>, allow: () => Promise<void>): Promise<Tokens>;
  userInfo(tokens: Tokens): Promise<oauth.UserInfoResponse>;
  introspect(token: string): Promise<oauth.IntrospectionResponse>;
  revoke(token: string): Promise<void>;
  /** A request to an API, with an access token. */
  call(token: string, method: string, url: string, body?: object): Promise<Response>;
  /** Where a browser is sent to sign out. */
  endSession(parameters: Record<string, string>): URL;
}

export interface Library {
  readonly name: string;
  /** A client that is registered already. */
  client(issuer: string, registration: Registration): Promise<Client>;
  /** Registers a client; `key` is the one in its metadata. */
  register(issuer: string, metadata: object, key?: oauth.PrivateKey): Promise<{ client: Client; registered: oauth.Client }>;
}
