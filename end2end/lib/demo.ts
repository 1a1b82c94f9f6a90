// The demo world's clients, as libraries are told of them.

import type { PrivateKey } from "oauth4webapi";

import type { Registration } from "./libraries/library";
import { DEMO_FAPI_KEY } from "./people";

/** Where the demo world's clients live; nobody does. */
export const REDIRECT_URI = "http://127.0.0.1:8765/callback";
export const SPA_REDIRECT_URI = "http://127.0.0.1:8766/callback";

export const DEMO_WEB: Registration = { id: "demo-web", secret: "demo-web-secret" };
export const DEMO_SPA: Registration = { id: "demo-spa" };
export const DEMO_CALL: Registration = { id: "demo-call", secret: "demo-call-secret" };
export const DEMO_APP: Registration = { id: "demo-app", secret: "demo-app-secret" };
export const DEMO_REPORTS: Registration = { id: "demo-reports", secret: "demo-reports-secret" };

/** The key of `demo-fapi`, for signing. */
export async function fapiKey(): Promise<PrivateKey> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256" };
  const key = await crypto.subtle.importKey("jwk", DEMO_FAPI_KEY, algorithm, false, ["sign"]);
  return { key, kid: DEMO_FAPI_KEY.kid };
}

export const demoFapi = async (): Promise<Registration> => ({
  id: "demo-fapi",
  key: await fapiKey(),
  bound: true,
  metadata: {
    id_token_signed_response_alg: "ES256",
    authorization_signed_response_alg: "ES256",
    introspection_signed_response_alg: "ES256",
  },
});
