import { chmodSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { makeStateDirectory } from "../src/supervisor/state-directory.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "udevns-state-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("a state directory that is not there is made for its owner alone", () => {
  const path = join(directory, "var/state");
  makeStateDirectory(path);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test.each([0o700, 0o750, 0o755])("one with mode %o is taken as it is", (mode) => {
  chmodSync(directory, mode);
  makeStateDirectory(directory);
  expect(statSync(directory).mode & 0o777).toBe(mode);
});

test.each([0o777, 0o1777, 0o770, 0o702])("one with mode %o is refused, with its path and the mend", (mode) => {
  chmodSync(directory, mode);
  const message = expect.stringMatching(`UDEVNS_STATE_DIR: ${directory} .*chmod go-w '${directory}'`);
  expect(() => makeStateDirectory(directory)).toThrow(expect.objectContaining({ code: "UDEVNS_E_CONFIG", message }));
});
