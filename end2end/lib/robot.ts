// Somebody without a browser: follows redirects, fills in the pages' forms, allows everything.

import { expect, type APIRequestContext, type APIResponse } from "@playwright/test";

import type { Outbox } from "./outbox";

/** Who signs in: a subscriber by number, or a portal user. */
export type Somebody = string | { email: string; password: string };

/** From a client's authorization URL to where the client gets its answer. */
export async function authorize(
  request: APIRequestContext,
  outbox: Outbox,
  somebody: Somebody,
  url: URL,
): Promise<URL> {
  const here = url.origin;
  let answer = await request.get(url.href, { maxRedirects: 0 });
  for (let step = 0; step < 12; step++) {
    if (answer.status() === 303) {
      const next = new URL(answer.headers()["location"]!, answer.url());
      if (next.origin !== here) return next;
      answer = await request.get(next.href, { maxRedirects: 0 });
      continue;
    }
    answer = await fillIn(request, outbox, somebody, answer);
  }
  throw new Error(`the sign-in never ends: ${answer.url()}`);
}

/** From the address that a device shows, or a message has, to the page that says that it is done. */
export async function allowDevice(
  request: APIRequestContext,
  outbox: Outbox,
  somebody: Somebody,
  address: string,
  code = "",
): Promise<void> {
  let answer = await request.get(address);
  for (let step = 0; step < 12; step++) {
    if (answer.status() === 303) {
      answer = await request.get(new URL(answer.headers()["location"]!, answer.url()).href, { maxRedirects: 0 });
    } else if (FORM.test(await answer.text())) {
      answer = await fillIn(request, outbox, somebody, answer, code);
    } else {
      expect(answer.status(), await answer.text()).toBe(200);
      return;
    }
  }
  throw new Error(`the sign-in never ends: ${answer.url()}`);
}

// The portal's own frame has forms, too.
const FORM = /<form[^>]*action="(\/(?:login|login\/pin|consent|signin|device|device\/confirm|approve))"[^>]*>(.*?)<\/form>/s;

async function fillIn(
  request: APIRequestContext,
  outbox: Outbox,
  somebody: Somebody,
  page: APIResponse,
  code = "",
) {
  const html = await page.text();
  expect(page.status(), html).toBe(200);
  const form = html.match(FORM);
  if (!form) throw new Error(`no form: ${html}`);
  const [, action, content] = form;
  const fields = new URLSearchParams();
  for (const [input] of content!.matchAll(/<input[^>]*>/g)) {
    const attribute = (name: string) => input.match(new RegExp(` ${name}="([^"]*)"`))?.[1] ?? "";
    const name = attribute("name");
    if (name === "user_code") fields.append(name, code);
    else if (typeof somebody === "string") {
      if (name === "number") fields.append(name, somebody);
      else if (name === "pin") fields.append(name, await outbox.pin(somebody));
      else fields.append(name, unescape(attribute("value")));
    } else if (name === "email" || name === "password") fields.append(name, somebody[name]);
    else fields.append(name, unescape(attribute("value")));
  }
  if (content!.includes('name="decision"')) fields.append("decision", action === "/device/confirm" ? "go" : "allow");
  return request.post(action!, {
    maxRedirects: 0,
    headers: { "content-type": "application/x-www-form-urlencoded", origin: new URL(page.url()).origin },
    data: fields.toString(),
  });
}

function unescape(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
