// A client's server: keeps what is posted to it.

import { createServer, type Server } from "node:http";

export interface Posted {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Listens where the world under test may post to. */
export class Receiver {
  readonly url = `http://${process.env.PORTICO_E2E_RECEIVER}`;
  private readonly posted: Posted[] = [];
  private waiting: ((posted: Posted) => void)[] = [];
  private readonly server: Server = createServer((request, answer) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (part: string) => (body += part));
    request.on("end", () => {
      const posted = { path: request.url ?? "", headers: request.headers, body };
      const next = this.waiting.shift();
      if (next) next(posted);
      else this.posted.push(posted);
      answer.writeHead(204).end();
    });
  });

  async listen(): Promise<this> {
    const { hostname, port } = new URL(this.url);
    await new Promise<void>((done, failed) => this.server.once("error", failed).listen(Number(port), hostname, done));
    return this;
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
