// The commands and programs in the documents do what the documents say.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { lastJson, nameOf, parts, Shell } from "../lib/documents";
import { Outbox } from "../lib/outbox";
import { DEMO_PASSWORD, DEV } from "../lib/people";
import { freePort } from "../lib/port";
import { Portal } from "../lib/portal";
import { allowDevice, authorize } from "../lib/robot";
import { expect, test } from "../lib/test";

const PAGES = [
  "README.md",
  "docs/grants.md",
  "docs/requests.md",
  "docs/tokens.md",
  "docs/profiles.md",
  "docs/registration.md",
  "docs/logout.md",
  "docs/client-authentication.md",
];

/** Waits until the server that was just started answers. */
const READY = 'curl -ksf --retry 40 --retry-connrefused --retry-delay 1 "$PORTICO/health/ready" || { cat served.log; false; }';

const repository = resolve(import.meta.dirname, "../..");
const BINARY =
  process.env.PORTICO_E2E_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(repository, "target"), "release", "portico");

// The documents speak of the demo world without TLS.
const port = process.env.PORTICO_E2E_PORT;
if (port) test.use({ baseURL: `http://127.0.0.1:${port}` });

test.describe("commands and programs in the documents", () => {
  for (const page of PAGES) {
    test(page, async ({ baseURL, request, outbox, playwright, extraHTTPHeaders }, info) => {
      // Programs find their libraries from here.
      mkdirSync(info.project.outputDir, { recursive: true });
      const folder = mkdtempSync(join(info.project.outputDir, "documents-"));
      const programs = PAGES.flatMap((one) => parts(one, baseURL!)).filter(({ text }) => nameOf(text));
      for (const { text } of programs) writeFileSync(join(folder, nameOf(text)!), text);
      const shell = new Shell(folder);
      const binary = JSON.stringify(BINARY);
      await shell.run(
        `set -o pipefail; portico() { [ "$1" != serve ] || exec ${binary} "$@" > served.log 2>&1; ${binary} "$@"; }`,
      );
      let output = "";
      try {
        for (const part of parts(page, baseURL!, `127.0.0.1:${await freePort()}`)) {
          await test.step(part.text.split("\n")[0]!, async () => {
            if (part.kind === "command") output = await shell.run(part.text);
            else if (part.kind === "server") await shell.run(`${part.text}\n${READY}`);
            else if (part.kind === "script") output = await shell.start(`node ${nameOf(part.text)}`);
            else if (part.kind === "person") output = await signIn(shell, part.text, output, request, outbox);
            else if (part.kind === "trust") {
              const browser = await playwright.request.newContext({ baseURL, extraHTTPHeaders });
              await trust(new Portal(browser), part.text, output);
              await browser.dispose();
            } else if (part.kind === "answer") compare(JSON.parse(part.text), lastJson(output), output);
          });
        }
      } finally {
        shell.close();
      }
    });
  }
});

type Request = Parameters<typeof authorize>[0];

/** A person does what the page tells them, and a browser goes where it is sent; what the client says in the end. */
async function signIn(shell: Shell, name: string, output: string, request: Request, outbox: Outbox): Promise<string> {
  const person = name.startsWith("+") ? name : { email: name, password: DEMO_PASSWORD };
  const begun = lastJson(output) as Record<string, string> | undefined;
  if (begun?.user_code) {
    await allowDevice(request, outbox, person, begun.verification_uri!, begun.user_code);
    return output;
  }
  if (begun?.auth_req_id) {
    await allowDevice(request, outbox, person, await outbox.link(name, "/approve"));
    return output;
  }
  const url = new URL(output.match(/https?:\S+/g)!.at(-1)!);
  const callback = await authorize(request, outbox, person, url);
  if (shell.running) {
    await request.get(callback.href);
    return shell.ended();
  }
  const given = (parameter: string) => `'${callback.searchParams.get(parameter) ?? ""}'`;
  return shell.run(`CODE=${given("code")} RESPONSE=${given("response")}`);
}

/** What the page on JWT bearer tells the owner of *Report collector* to do. */
async function trust(portal: Portal, issuer: string, jwks: string) {
  await portal.signIn(DEV);
  const organization = await portal.link("/organizations", "Acme Voice");
  const product = await portal.link(organization, "Traffic Reports");
  const client = await portal.link(`${product}/clients`, "Report collector");
  await portal.submit(`${client}/grants`, { grants: "urn:ietf:params:oauth:grant-type:jwt-bearer" });
  const trusted = { issuer, jwks: jwks.trim(), subject: "nightly", scopes: "metrics.read" };
  const page = await portal.submit(`${client}/issuers`, trusted);
  expect(page.html, issuer).toContain(issuer);
}

/** An answer in a page has the names of the real one, and its values where they are written out. What is `…` stands for more. */
function compare(written: unknown, real: unknown, output: string) {
  expect(real, output).toBeDefined();
  const [said, is] = [written, real] as [Record<string, unknown>, Record<string, unknown>];
  const { "…": more, ...names } = said;
  if (more) expect(Object.keys(is), output).toEqual(expect.arrayContaining(Object.keys(names)));
  else expect(Object.keys(is).sort(), output).toEqual(Object.keys(names).sort());
  for (const [name, value] of Object.entries(names)) {
    if (typeof value === "string" && !value.includes("…")) expect(is[name], name).toBe(value);
    if (typeof value === "boolean") expect(is[name], name).toBe(value);
  }
}
