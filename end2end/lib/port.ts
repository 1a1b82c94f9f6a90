import { createServer } from "node:net";

const given = new Set<number>();

/** A port of this machine on which nobody listens, another one each time. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = await free();
    if (given.has(port)) continue;
    given.add(port);
    return port;
  }
}

function free(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (address && typeof address === "object" ? done(address.port) : failed(new Error("no port"))));
    });
  });
}
