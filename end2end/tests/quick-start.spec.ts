// What the page of a client says to type is typed as it stands, and works.

import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { lastJson, Shell } from "../lib/documents";
import { DEMO_FAPI_KEY, DEV, signIn } from "../lib/people";
import { expect, test } from "../lib/test";

/** What a person copies from the answer before into the place that the command leaves for it. */
const PLACES = { "REQUEST URI": "request_uri", "ACCESS TOKEN": "access_token" };

test("a client with a key signs, pushes and proves", async ({ page }, info) => {
  await signIn(page, DEV);
  for (const name of ["Acme Voice", "Workbench", "Technical integration", "Workbench for banks"]) {
    await page.getByRole("main").getByRole("link", { name, exact: true }).first().click();
  }
  const steps = await page.$$eval("figure.code", (figures) =>
    figures.map((figure) => [figure.querySelector("figcaption span")!.textContent!, figure.querySelector("pre")!.textContent!]),
  );
  mkdirSync(info.project.outputDir, { recursive: true });
  const folder = mkdtempSync(join(info.project.outputDir, "quick-start-"));
  writeFileSync(join(folder, "client.json"), JSON.stringify(DEMO_FAPI_KEY));
  const shell = new Shell(folder);
  const answers: Record<string, unknown> = {};
  try {
    for (const [name, text] of steps) {
      if (name!.startsWith("npm ")) break;
      let command = text!.replace("{CODE FROM THE CALLBACK URI}", String(answers["code"]));
      for (const [place, field] of Object.entries(PLACES)) {
        command = command.replace(`{${place} FROM THE RESPONSE}`, String(answers[field]));
      }
      const output = await shell.run(command);
      Object.assign(answers, lastJson(output));
      if (name !== "Sign somebody in") continue;
      const back = page.waitForRequest(/\/callback\?/);
      await page.goto(output.trim()).catch(() => undefined);
      const allow = page.getByRole("button", { name: "Allow" });
      if (await allow.isVisible()) await allow.click({ noWaitAfter: true });
      answers["code"] = new URL((await back).url()).searchParams.get("code");
    }
  } finally {
    shell.close();
  }
  expect(answers).toMatchObject({ token_type: "DPoP", email: DEV.email });
});
