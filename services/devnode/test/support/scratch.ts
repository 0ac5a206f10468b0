import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "@jest/globals";

const made: string[] = [];
afterEach(() => {
  for (const directory of made.splice(0)) rmSync(directory, { recursive: true, force: true });
});

/** A path in a directory of the test's own, which goes with it. */
export function scratch(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), "udevns-devnode-"));
  made.push(directory);
  return join(directory, name);
}
