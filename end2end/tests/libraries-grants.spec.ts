// The other ways to a token, with the libraries of clients, over TLS.

import { DEMO_APP, DEMO_CALL, DEMO_REPORTS, REDIRECT_URI } from "../lib/demo";
import { LIBRARIES } from "../lib/libraries";
import { DEV } from "../lib/people";
import { allowDevice } from "../lib/robot";
import { expect, test } from "../lib/test";

const TOKEN_EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange";
const ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token";

for (const library of LIBRARIES) {
  test.describe(library.name, () => {
    test("a server speaks for itself", async ({ baseURL }) => {
      const client = await library.client(baseURL!, DEMO_REPORTS);
      const tokens = await client.credentials("metrics.read");
      expect(tokens).toMatchObject({ scope: "metrics.read", expires_in: 3600 });
      expect(await client.introspect(tokens.access_token)).toMatchObject({ active: true, sub: "demo-reports" });
      await client.revoke(tokens.access_token);
      expect(await client.introspect(tokens.access_token)).toEqual({ active: false });
      await expect(client.credentials("phone")).rejects.toMatchObject({ error: "invalid_scope" });
    });

    test("the secret in the body works, a wrong one does not", async ({ baseURL }) => {
      const right = await library.client(baseURL!, { ...DEMO_REPORTS, post: true });
      expect(await right.credentials("metrics.read")).toMatchObject({ scope: "metrics.read" });
      const wrong = await library.client(baseURL!, { ...DEMO_REPORTS, secret: "demo-reports-wrong", post: true });
      await expect(wrong.credentials("metrics.read")).rejects.toMatchObject({ status: 401 });
    });

    test("a device signs somebody in", async ({ baseURL, request, outbox }) => {
      const client = await library.client(baseURL!, DEMO_APP);
      const tokens = await client.device("openid email", async ({ verification_uri, user_code }) => {
        expect(verification_uri).toBe(`${baseURL}/device`);
        await allowDevice(request, outbox, DEV, verification_uri, user_code);
      });
      expect(tokens.said).toMatchObject({ aud: ["demo-app"] });
      expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email, email_verified: true });
    });

    test("a subscriber answers on the phone", async ({ baseURL, request, outbox, number }) => {
      const client = await library.client(baseURL!, DEMO_CALL);
      expect(client.server).toMatchObject({
        backchannel_authentication_endpoint: `${baseURL}/oauth2/bc-authorize`,
        backchannel_token_delivery_modes_supported: ["poll", "ping"],
        backchannel_user_code_parameter_supported: false,
      });
      const asked = { scope: "openid phone", login_hint: number, binding_message: "W4SCT" };
      const tokens = await client.ask(asked, async () =>
        allowDevice(request, outbox, number, await outbox.link(number, "/approve")),
      );
      expect(tokens.said).toMatchObject({ aud: ["demo-call"], amr: ["sms"] });
      expect(await client.userInfo(tokens)).toMatchObject({ phone_number: number, phone_number_verified: true });
    });

    test("one service acts for somebody at another", async ({ baseURL, signsIn }) => {
      const client = await library.client(baseURL!, DEMO_APP);
      const tokens = await client.signIn(signsIn(DEV), { scope: "openid profile email", redirectUri: REDIRECT_URI });
      const asked = { subject_token: tokens.access_token, subject_token_type: ACCESS_TOKEN, scope: "email" };
      const exchanged = await client.grant(TOKEN_EXCHANGE, asked);
      expect(exchanged).toMatchObject({ scope: "email", issued_token_type: ACCESS_TOKEN });
      expect(exchanged.refresh_token).toBeUndefined();
      const { sub } = tokens.said!;
      const known = { active: true, sub, act: { sub: "demo-app" } };
      expect(await client.introspect(exchanged.access_token)).toMatchObject(known);
      await client.revoke(tokens.access_token);
      expect(await client.introspect(exchanged.access_token)).toEqual({ active: false });
    });
  });
}
