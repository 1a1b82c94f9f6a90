// The demo world's subscribers, handed out in turn: a number can be sent a few PINs only in half an
// hour, and two tests must not end one another's PIN.

import { openSync, closeSync, writeSync, fstatSync, mkdirSync } from "node:fs";
import { join } from "node:path";

const NORDTEL = 46_701_740_605;
const FJORDMOBIL = 4_790_000_000;
const EACH = 10;

/** How many were taken before in this run, by any worker: the length of a file to which each adds a byte. */
function turn(folder: string, name: string): number {
  mkdirSync(folder, { recursive: true });
  const file = openSync(join(folder, name), "a");
  try {
    writeSync(file, ".");
    return fstatSync(file).size - 1;
  } finally {
    closeSync(file);
  }
}

export function nordtelNumber(folder: string): string {
  return `+${NORDTEL + (turn(folder, "nordtel") % EACH)}`;
}

export function fjordmobilNumber(folder: string): string {
  return `+${FJORDMOBIL + (turn(folder, "fjordmobil") % EACH)}`;
}
