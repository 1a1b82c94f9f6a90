// A client's server over TLS: keeps what is posted to it, and has documents for whoever asks.

import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import { join } from "node:path";

export interface Posted {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Listens where the world under test may connect to. */
export class Receiver {
  readonly url = `https://${process.env.PORTICO_E2E_RECEIVER}`;
  private readonly documents = new Map<string, { type: string; text: string }>();
  private readonly posted: Posted[] = [];
  private waiting: ((posted: Posted) => void)[] = [];
  private readonly server: Server;

  constructor() {
    const read = (name: string) => readFileSync(join(process.env.PORTICO_E2E_DATA!, name));
    const tls = { key: read("key.pem"), cert: read("certificate.pem") };
    this.server = createServer(tls, (request, answer) => {
      const path = request.url ?? "";
      const document = this.documents.get(path);
      if (request.method === "GET") {
        answer.writeHead(document ? 200 : 404, { "content-type": document?.type ?? "text/plain" }).end(document?.text);
        return;
      }
      let body = "";
      request.setEncoding("utf8");
      request.on("data", (part: string) => (body += part));
      request.on("end", () => {
        const posted = { path, headers: request.headers, body };
        const next = this.waiting.shift();
        if (next) next(posted);
        else this.posted.push(posted);
        answer.writeHead(204).end();
      });
    });
  }

  async listen(): Promise<this> {
    const { hostname, port } = new URL(this.url);
    await new Promise<void>((done, failed) => this.server.once("error", failed).listen(Number(port), hostname, done));
    return this;
  }

  /** Puts a document at `path`; its address. */
  serve(path: string, text: string, type = "application/json"): string {
    this.documents.set(path, { type, text });
    return this.url + path;
  }

  /** The next that is posted, or was posted and nobody has looked at. */
  next(): Promise<Posted> {
    const posted = this.posted.shift();
    return posted ? Promise.resolve(posted) : new Promise((done) => this.waiting.push(done));
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((done) => this.server.close(done));
  }
}
