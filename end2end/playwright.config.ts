import { defineConfig, devices } from "@playwright/test";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { generate } from "selfsigned";

import { freePort } from "./lib/port";

// The workers read this file again: what is chosen once travels in the environment.
// PORTICO_E2E_URL points the tests at a server that runs already, with a fresh demo world.
const started = process.env.PORTICO_E2E_URL === undefined;
if (started) {
  process.env.PORTICO_E2E_PORT ??= String(await freePort());
  process.env.PORTICO_E2E_DATA ??= mkdtempSync(join(tmpdir(), "portico-end2end-"));
}
const baseURL = process.env.PORTICO_E2E_URL ?? `http://127.0.0.1:${process.env.PORTICO_E2E_PORT}`;

// Libraries want https as clients do; the certificate is made for this run.
const secureURL = process.env.PORTICO_E2E_URL ?? `https://127.0.0.1:${(process.env.PORTICO_E2E_SECURE_PORT ??= String(await freePort()))}`;
if (started && !process.env.NODE_EXTRA_CA_CERTS?.startsWith(process.env.PORTICO_E2E_DATA!)) {
  process.env.NODE_EXTRA_CA_CERTS = await certificate(process.env.PORTICO_E2E_DATA!);
}

// A third server wants a nonce of its own in each proof of a key (DPoP).
if (started) process.env.PORTICO_E2E_NONCES_URL ??= `https://127.0.0.1:${await freePort()}`;
const noncesURL = process.env.PORTICO_E2E_NONCES_URL;

// Where a test listens as a client's server does; the world may post there, although it is not public.
process.env.PORTICO_E2E_RECEIVER ??= `127.0.0.1:${await freePort()}`;

const repository = resolve(import.meta.dirname, "..");
const binary = process.env.PORTICO_E2E_BINARY ?? join(process.env.CARGO_TARGET_DIR ?? join(repository, "target"), "release", "portico");

// Chromium's sandbox does not work for root, and its own errands on the network are not wanted in tests.
const args = [
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  // Clients' addresses, such as example.com, are not visited: tests see where the browser is sent.
  "--no-proxy-server",
  // Passkeys belong to a host with a name: localhost.
  "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
];
if (process.getuid?.() === 0) args.push("--no-sandbox");

// scripts/browser says where the browser is; without it Playwright's own is used.
const executablePath = process.env.PORTICO_E2E_CHROMIUM || undefined;

// What is done with client libraries. Patterns see whole paths.
const LIBRARIES = "**/libraries-*.spec.ts";

// What needs the second server, which is only there in a run that starts both.
const alone = started ? [] : ["upstream.spec.ts"];

const tls = started
  ? {
      PORTICO_TLS_CERTIFICATE: join(process.env.PORTICO_E2E_DATA!, "certificate.pem"),
      PORTICO_TLS_KEY: join(process.env.PORTICO_E2E_DATA!, "key.pem"),
    }
  : undefined;

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalTeardown: "./teardown.ts",
  forbidOnly: !!process.env.CI,
  // One world is shared by all tests, and one core by the server and the browser.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  // A busy machine is slow and not wrong: how long things may take is measured elsewhere.
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/results.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL,
    launchOptions: { executablePath, args },
    trace: "off",
    screenshot: "only-on-failure",
  },
  // Every test of the pages runs twice, with scripts and without; one that needs them carries the
  // tag @scripts. axe is a script itself; the libraries need no browser.
  projects: [
    { name: "chromium", testIgnore: [LIBRARIES, ...alone] },
    {
      name: "chromium-noscript",
      use: { javaScriptEnabled: false },
      grepInvert: /@scripts/,
      testIgnore: [LIBRARIES, "axe.spec.ts", ...alone],
    },
    { name: "libraries", testMatch: LIBRARIES, use: { baseURL: secureURL, ignoreHTTPSErrors: true } },
  ],
  webServer: started
    ? [
        server(baseURL, process.env.PORTICO_E2E_PORT!, "data"),
        server(secureURL, process.env.PORTICO_E2E_SECURE_PORT!, "secure", {
          ...tls,
          PORTICO_OUTGOING_EXTRA_CA: process.env.NODE_EXTRA_CA_CERTS!,
          PORTICO_OUTGOING_ALLOW: `${process.env.PORTICO_E2E_RECEIVER},127.0.0.1:${process.env.PORTICO_E2E_PORT}`,
          // The first one is its provider.
          PORTICO_PROVIDERS_PORTICO_NAME: "Portico",
          PORTICO_PROVIDERS_PORTICO_ISSUER: baseURL,
          PORTICO_PROVIDERS_PORTICO_CLIENT_ID: "demo-app",
          PORTICO_PROVIDERS_PORTICO_CLIENT_SECRET: "demo-app-secret",
        }),
        server(noncesURL!, new URL(noncesURL!).port, "nonces", { ...tls, PORTICO_DPOP_NONCES: "true" }),
      ]
    : undefined,
});

function server(url: string, port: string, data: string, more: Record<string, string> = {}) {
  return {
    command: `exec ${JSON.stringify(binary)} serve --demo-if-empty`,
    // Away from the repository: a developer's own portico.toml is not for tests.
    cwd: process.env.PORTICO_E2E_DATA,
    env: {
      PORTICO_LISTEN: `127.0.0.1:${port}`,
      PORTICO_ISSUER: url,
      PORTICO_PUBLIC_URL: url,
      PORTICO_DATA_DIR: join(process.env.PORTICO_E2E_DATA!, data),
      PORTICO_LOG_ACCESS: "false",
      // Each test comes from an address of its own, as through a proxy, so that budgets hold as
      // they are; only the demo world's few numbers are asked more of than people would.
      PORTICO_HTTP_TRUSTED_PROXIES: "127.0.0.1",
      PORTICO_LIMITS_PIN_NUMBER: "50 in 30m",
      PORTICO_LIMITS_PIN_WRONG_NUMBER: "50 in 1h",
      ...more,
    },
    url: `${url}/health/ready`,
    ignoreHTTPSErrors: true,
    timeout: 30_000,
    reuseExistingServer: false,
    gracefulShutdown: { signal: "SIGTERM" as const, timeout: 10_000 },
  };
}

/** Makes an authority, and a key and a certificate for 127.0.0.1, in `folder`; where the authority's certificate is. */
async function certificate(folder: string): Promise<string> {
  const kind = { keyType: "ec", curve: "P-256", algorithm: "sha256" } as const;
  const authority = await generate([{ name: "commonName", value: "Portico's tests" }], {
    ...kind,
    extensions: [{ name: "basicConstraints", cA: true, critical: true }],
  });
  const made = await generate([{ name: "commonName", value: "127.0.0.1" }], {
    ...kind,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "subjectAltName", altNames: [{ type: 7, ip: "127.0.0.1" }] },
    ],
  });
  writeFileSync(join(folder, "key.pem"), made.private, { mode: 0o600 });
  writeFileSync(join(folder, "certificate.pem"), made.cert);
  const path = join(folder, "authority.pem");
  writeFileSync(path, authority.cert);
  return path;
}

if (started && !existsSync(binary)) {
  throw new Error(`${binary} is missing: run 'make build' first`);
}
