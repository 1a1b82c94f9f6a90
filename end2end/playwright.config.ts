import { defineConfig, devices } from "@playwright/test";
import { existsSync, mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

// The workers read this file again: what is chosen once travels in the environment.
// PORTICO_E2E_URL points the tests at a server that runs already, with a fresh demo world.
const started = process.env.PORTICO_E2E_URL === undefined;
if (started) {
  process.env.PORTICO_E2E_PORT ??= String(await freePort());
  process.env.PORTICO_E2E_DATA ??= mkdtempSync(join(tmpdir(), "portico-end2end-"));
}
const baseURL = process.env.PORTICO_E2E_URL ?? `http://127.0.0.1:${process.env.PORTICO_E2E_PORT}`;

const repository = resolve(import.meta.dirname, "..");
const binary = join(process.env.CARGO_TARGET_DIR ?? join(repository, "target"), "release", "portico");

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

export default defineConfig({
  testDir: "tests",
  outputDir: "test-results",
  globalTeardown: "./teardown.ts",
  forbidOnly: !!process.env.CI,
  // One world is shared by all tests, and one core by the server and the browser.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  timeout: 30_000,
  expect: { timeout: 5_000 },
  reporter: [["list"], ["json", { outputFile: "test-results/results.json" }]],
  use: {
    ...devices["Desktop Chrome"],
    baseURL,
    launchOptions: { executablePath, args },
    trace: "retain-on-failure",
    screenshot: "only-on-failure",
  },
  // Every test of the pages runs twice, with scripts and without; one that needs them carries the
  // tag @scripts. axe is a script itself; the libraries need no browser.
  projects: [
    { name: "chromium", testIgnore: "libraries.spec.ts" },
    {
      name: "chromium-noscript",
      use: { javaScriptEnabled: false },
      grepInvert: /@scripts/,
      testIgnore: ["libraries.spec.ts", "axe.spec.ts"],
    },
    { name: "libraries", testMatch: "libraries.spec.ts" },
  ],
  webServer: started
    ? {
        command: `exec ${JSON.stringify(binary)} serve --demo-if-empty`,
        // Away from the repository: a developer's own portico.toml is not for tests.
        cwd: process.env.PORTICO_E2E_DATA,
        env: {
          PORTICO_LISTEN: `127.0.0.1:${process.env.PORTICO_E2E_PORT}`,
          PORTICO_ISSUER: baseURL,
          PORTICO_DATA_DIR: join(process.env.PORTICO_E2E_DATA!, "data"),
          PORTICO_LOG_ACCESS: "false",
          // Each test comes from an address of its own, as through a proxy, so that budgets hold as
          // they are; only the demo world's few numbers are asked more of than people would.
          PORTICO_HTTP_TRUSTED_PROXIES: "127.0.0.1",
          PORTICO_LIMITS_PIN_NUMBER: "50 in 30m",
          PORTICO_LIMITS_PIN_WRONG_NUMBER: "50 in 1h",
        },
        url: `${baseURL}/health/ready`,
        timeout: 30_000,
        reuseExistingServer: false,
        gracefulShutdown: { signal: "SIGTERM", timeout: 10_000 },
      }
    : undefined,
});

function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : failed(new Error("no port"))));
    });
  });
}

if (started && !existsSync(binary)) {
  throw new Error(`${binary} is missing: run 'make build' first`);
}
