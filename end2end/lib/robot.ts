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

async function fillIn(request: APIRequestContext, outbox: Outbox, somebody: Somebody, page: APIResponse) {
  const html = await page.text();
  expect(page.status(), html).toBe(200);
  // The portal's own frame has forms, too.
  const form = html.match(/<form[^>]*action="(\/(?:login|login\/pin|consent|signin))"[^>]*>(.*?)<\/form>/s);
  if (!form) throw new Error(`no form: ${html}`);
  const [, action, content] = form;
  const fields = new URLSearchParams();
  for (const [input] of content!.matchAll(/<input[^>]*>/g)) {
    const attribute = (name: string) => input.match(new RegExp(` ${name}="([^"]*)"`))?.[1] ?? "";
    const name = attribute("name");
    if (typeof somebody === "string") {
      if (name === "number") fields.append(name, somebody);
      else if (name === "pin") fields.append(name, await outbox.pin(somebody));
      else fields.append(name, unescape(attribute("value")));
    } else if (name === "email" || name === "password") fields.append(name, somebody[name]);
    else fields.append(name, unescape(attribute("value")));
  }
  if (content!.includes('name="decision"')) fields.append("decision", "allow");
  return request.post(action!, {
    maxRedirects: 0,
    headers: { "content-type": "application/x-www-form-urlencoded", origin: new URL(page.url()).origin },
    data: fields.toString(),
  });
}

function unescape(text: string): string {
  return text.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&amp;", "&");
}
