// Reads the pages of `docs/` as somebody does who copies every command, and runs what they say.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";

const REPOSITORY = resolve(import.meta.dirname, "../..");

/** Where the documents say that the demo world is. */
const WRITTEN = "http://127.0.0.1:3000";

/** Where they start a server of their own. */
const OWN = "127.0.0.1:3443";

export type Part =
  /** Something to type, a program, a part of programs, and what is printed below one of them. */
  | { kind: "command" | "script" | "module" | "answer"; text: string }
  /** Starts a server, whose address `$PORTICO` is from then on. */
  | { kind: "server"; text: string }
  /** `<!-- signs in: somebody -->`: here a person opens the address that the last command printed. */
  | { kind: "person"; text: string }
  /** `<!-- trusts: issuer -->`: here the client's owner writes down whose statements count, with the key printed last. */
  | { kind: "trust"; text: string };

/** The name that a program has in its first line, for whoever saves it: `// name.mjs`. */
export const nameOf = (program: string) => program.match(/^\/\/ (\S+\.mjs)\n/)?.[1];

/** Stands above a command that needs more than what is on the page. */
const ONLY_TO_READ = /<!-- only to read -->\s*$/;

/** The parts of a page that can be run, in order, against the world at `base`; a server of the page's own is at `own`. */
export function parts(page: string, base: string, own = OWN): Part[] {
  const text = readFileSync(join(REPOSITORY, page), "utf8").replaceAll(WRITTEN, base).replaceAll(OWN, own);
  const found: Part[] = [];
  let end = 0;
  for (const match of text.matchAll(/^```(\w*)\n(.*?)^```$|^<!-- signs in: (\S+) -->$|^<!-- trusts: (\S+) -->$/gms)) {
    const [whole, language, code = "", person, issuer] = match;
    const between = text.slice(end, match.index);
    const follows = !between.trim();
    if (person) found.push({ kind: "person", text: person });
    else if (issuer) found.push({ kind: "trust", text: issuer });
    else if (language === "js" && nameOf(code)) {
      found.push({ kind: code.includes("\nexport ") ? "module" : "script", text: code });
    } else if (!language && /^http\S+\n$/.test(code)) {
      // An address to open.
      found.push({ kind: "command", text: `echo '${code.trim()}'` });
    } else if (language === "sh" && code.includes("portico serve") && code.includes(`--listen ${own}`)) {
      found.push({ kind: "server", text: code });
    } else if (language === "sh" && !/^(make|npm)\b|\bportico serve\b|…/m.test(code) && !ONLY_TO_READ.test(between)) {
      // What starts the world, and what has something left out, is to be read.
      found.push({ kind: "command", text: code });
    } else if (language === "json" && follows && found.at(-1)?.kind === "command") {
      found.push({ kind: "answer", text: code });
    }
    end = match.index + whole.length;
  }
  return found;
}

/** One shell for a whole page, so that its variables and files stay. */
export class Shell {
  private readonly process: ChildProcessWithoutNullStreams;
  private output = "";
  private errors = "";
  /** Whether a program that was started still runs. */
  running = false;

  constructor(folder: string) {
    // A group of its own, so that what it has started in the background ends with it.
    this.process = spawn("bash", ["--noprofile", "--norc"], { cwd: folder, detached: true });
    this.process.stdout.setEncoding("utf8").on("data", (text: string) => (this.output += text));
    this.process.stderr.setEncoding("utf8").on("data", (text: string) => (this.errors += text));
  }

  /** What a command prints; it must succeed, and nothing that it asks for may be refused. */
  async run(command: string): Promise<string> {
    this.output = this.errors = "";
    this.process.stdin.write(`${command}\necho "|done $?"\n`);
    const done = await this.printed(/\|done (\d+)\n$/);
    const refused = lastJson(this.output.slice(0, done.index)) as { error?: string } | undefined;
    if (done[1] !== "0" || refused?.error) throw new Error(`${command}\n${this.output}${this.errors}`);
    return this.output.slice(0, done.index);
  }

  /** Starts a program, and waits for the address that it prints. */
  async start(command: string): Promise<string> {
    this.output = this.errors = "";
    this.running = true;
    this.process.stdin.write(`${command}; echo "|done $?"\n`);
    const [said] = await this.printed(/https?:\S+(?=\s)|\|done \d+\n$/);
    if (said.startsWith("|done")) throw new Error(`${command}\n${this.output}${this.errors}`);
    return said;
  }

  /** The end of what was started: what it has printed. */
  async ended(): Promise<string> {
    const done = await this.printed(/\|done (\d+)\n$/);
    this.running = false;
    if (done[1] !== "0") throw new Error(`${this.output}${this.errors}`);
    return this.output.slice(0, done.index);
  }

  close() {
    if (this.process.exitCode === null) process.kill(-this.process.pid!);
  }

  private async printed(wanted: RegExp): Promise<RegExpMatchArray> {
    for (;;) {
      const match = this.output.match(wanted);
      if (match) return match;
      if (this.process.exitCode !== null) throw new Error(`the shell has ended: ${this.output}${this.errors}`);
      await new Promise((resume) => this.process.stdout.once("data", resume));
    }
  }
}

/** The last JSON document of an output; `undefined` where there is none. */
export function lastJson(output: string): unknown {
  for (let start = output.indexOf("{"); start >= 0; start = output.indexOf("{", start + 1)) {
    try {
      return JSON.parse(output.slice(start));
    } catch {
      // It begins further on.
    }
  }
  return undefined;
}
