import { rmSync } from "node:fs";

/** Removes the world that this run's server has lived in, and may still be closing. */
export default function teardown(): void {
  if (process.env.PORTICO_E2E_DATA) rmSync(process.env.PORTICO_E2E_DATA, { recursive: true, force: true, maxRetries: 5 });
}
