// What every test starts from: an address of its own, the outbox, a subscriber, a product.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { randomInt } from "node:crypto";

import { test as base, type APIRequestContext } from "@playwright/test";

import type { Go } from "./libraries/library";
import { Outbox } from "./outbox";
import { fjordmobilNumber, nordtelNumber } from "./numbers";
import { NORDTEL_STAFF } from "./people";
import { Portal } from "./portal";
import { Receiver } from "./receiver";
import { authorize, type Somebody } from "./robot";
import { Subscriber } from "./subscriber";
import { World } from "./world";

interface Fixtures {
  outbox: Outbox;
  /** A number of Nordtel that no test has had lately. */
  number: string;
  /** Signs somebody in, in this test's browser without pages, and allows everything. */
  signsIn: (somebody: Somebody) => Go;
  /** A client's server, listening. */
  receiver: Receiver;
  world: World;
  /** Somebody with a number of Nordtel, in this test's browser. */
  subscriber: Subscriber;
  /** Somebody with a number of Fjordmobil. */
  stranger: Subscriber;
}

interface WorkerFixtures {
  /** Nordtel's console, by HTTP. Signed in once for a whole run: an account is worth few tries. */
  nordtel: Portal;
}

/** Somewhere behind the proxy that the server trusts: budgets of one test are not another's. */
function address(): Record<string, string> {
  return { "x-forwarded-for": `10.${randomInt(256)}.${randomInt(256)}.${1 + randomInt(254)}` };
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  extraHTTPHeaders: async ({}, use) => use(address()),

  outbox: async ({ request }, use) => use(new Outbox(request)),

  number: async ({}, use, { project }) => use(nordtelNumber(project.outputDir)),

  signsIn: async ({ request, outbox }, use) =>
    use((somebody) => (url) => authorize(request, outbox, somebody, url)),

  receiver: async ({}, use) => {
    const receiver = await new Receiver().listen();
    await use(receiver);
    await receiver.close();
  },

  nordtel: [
    async ({ playwright }, use, { project, config }) => {
      const saved = join(project.outputDir, `nordtel-${process.env.PORTICO_E2E_PORT ?? "given"}.json`);
      const request: APIRequestContext = await playwright.request.newContext({
        baseURL: project.use.baseURL ?? config.projects[0]?.use.baseURL,
        extraHTTPHeaders: address(),
        storageState: existsSync(saved) ? saved : undefined,
      });
      const portal = new Portal(request);
      if (!existsSync(saved)) {
        await portal.signIn(NORDTEL_STAFF);
        await request.storageState({ path: saved });
      }
      await use(portal);
      await request.dispose();
    },
    { scope: "worker" },
  ],

  world: async ({ playwright, baseURL, extraHTTPHeaders, outbox, nordtel }, use) => {
    const request = await playwright.request.newContext({ baseURL, extraHTTPHeaders });
    await use(new World(new Portal(request), outbox, nordtel));
    await request.dispose();
  },

  subscriber: async ({ page, outbox, number }, use) => use(new Subscriber(page, outbox, number)),

  stranger: async ({ page, outbox }, use, { project }) =>
    use(new Subscriber(page, outbox, fjordmobilNumber(project.outputDir))),
});

export { expect } from "@playwright/test";
