// Clients that register themselves, with the libraries that they are written with, over TLS.

import { REDIRECT_URI } from "../lib/demo";
import { LIBRARIES } from "../lib/libraries";
import { DEV } from "../lib/people";
import { expect, test } from "../lib/test";

for (const library of LIBRARIES) {
  test.describe(library.name, () => {
    test("a client registers itself and signs somebody in", async ({ baseURL, signsIn }) => {
      const client_name = "Registered by a library";
      const { client, registered } = await library.register(baseURL!, { client_name, redirect_uris: [REDIRECT_URI] });
      expect(registered).toMatchObject({ client_name, client_secret: expect.any(String), client_secret_expires_at: 0 });
      const tokens = await client.signIn(signsIn(DEV), { scope: "openid email", redirectUri: REDIRECT_URI });
      expect(tokens.said).toMatchObject({ aud: [client.id] });
      expect(await client.userInfo(tokens)).toMatchObject({ email: DEV.email });
    });

    test("a client reads, changes and ends its registration", async ({ baseURL, signsIn }) => {
      const { client, registered } = await library.register(baseURL!, {
        client_name: "Registered by a library",
        redirect_uris: [REDIRECT_URI],
      });
      const tokens = await client.signIn(signsIn(DEV), { scope: "openid", redirectUri: REDIRECT_URI });
      const token = String(registered.registration_access_token);
      const manage = (method: string, body?: object) =>
        client.call(token, method, String(registered.registration_client_uri), body);

      const read = await manage("GET");
      expect(read.status).toBe(200);
      expect(await read.json()).toMatchObject({ client_id: client.id, redirect_uris: [REDIRECT_URI] });
      const names = { client_id: client.id, client_name: "Another name", redirect_uris: [REDIRECT_URI] };
      const changed = await manage("PUT", names);
      expect(changed.status).toBe(200);
      expect(await changed.json()).toMatchObject(names);
      expect((await manage("DELETE")).status).toBe(204);
      await expect(manage("GET")).rejects.toMatchObject({ status: 401 });
      await expect(client.userInfo(tokens)).rejects.toThrow();
    });
  });
}
