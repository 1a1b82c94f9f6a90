// The sandbox outbox: what Portico would have sent by mail and SMS.

import { expect, type APIRequestContext } from "@playwright/test";

export interface Message {
  id: string;
  channel: "mail" | "sms";
  to: string;
  subject: string;
  body: string;
}

export class Outbox {
  constructor(private readonly request: APIRequestContext) {}

  /** Everything that was sent to somebody, newest first. */
  async to(recipient: string): Promise<Message[]> {
    const answer = await this.request.get("/sandbox/outbox", {
      params: { to: recipient },
      headers: { accept: "application/json" },
    });
    expect(answer.status(), "the outbox answers").toBe(200);
    const messages: Message[] = await answer.json();
    return messages.filter((message) => message.to === recipient);
  }

  async newest(recipient: string): Promise<Message> {
    const [message] = await this.to(recipient);
    if (!message) throw new Error(`nothing was sent to ${recipient}`);
    return message;
  }

  /** The link in the newest mail to somebody. */
  async link(recipient: string, path: string): Promise<string> {
    const mails = await this.to(recipient);
    for (const mail of mails) {
      const link = mail.body.match(/https?:\/\/\S+/g)?.find((url) => new URL(url).pathname === path);
      if (link) return link;
    }
    throw new Error(`no mail to ${recipient} has a link to ${path}: ${JSON.stringify(mails.map((m) => m.subject))}`);
  }

  /** The newest PIN that was sent to a number. */
  async pin(number: string): Promise<string> {
    const { body } = await this.newest(number);
    // The last line binds the PIN to its site, so that phones fill it in nowhere else.
    const bound = body.trimEnd().match(/\n@([^ ]+) #(\d{6})$/);
    if (!bound) throw new Error(`a PIN message should end with its site and the PIN: ${body}`);
    return bound[2]!;
  }
}
