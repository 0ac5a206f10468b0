import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { makeBundleDirectory } from "../src/supervisor/bundle-directory.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const module = JSON.stringify(join(root, "services/cli/src/supervisor/bundle-directory.ts"));

let stateDir: string;
let other: ChildProcess | undefined;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "udevns-state-"));
});
afterEach(() => {
  other?.kill("SIGKILL");
  other = undefined;
  rmSync(stateDir, { recursive: true });
});

/** What another process has made, which lives on. */
async function madeByOther(): Promise<{ path: string; kill: () => Promise<void> }> {
  const script = `import(${module}).then(({ makeBundleDirectory }) => {
    const { path } = makeBundleDirectory(${JSON.stringify(stateDir)});
    require("node:fs").mkdirSync(path);
    require("node:fs").writeFileSync(path + "/main.mjs", "");
    console.log(path);
    setInterval(() => {}, 1000);
  })`;
  const child = spawn(process.execPath, ["--import", "tsx", "-e", script], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  other = child;
  const [path] = (await once(child.stdout, "data")) as [Buffer];
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { path: path.toString().trim(), kill };
}

test("each has its own, for its owner alone, and takes it away", () => {
  const [one, two] = [makeBundleDirectory(stateDir), makeBundleDirectory(stateDir)];
  expect(one.path).not.toBe(two.path);
  expect(statSync(dirname(one.path)).mode & 0o777).toBe(0o700);
  mkdirSync(two.path);
  writeFileSync(join(two.path, "main.mjs"), "");
  one.remove();
  expect(existsSync(join(two.path, "main.mjs"))).toBe(true);
  two.remove();
  expect(readdirSync(stateDir)).toEqual([]);
});

test("that of another that lives stays, and goes once that is dead", async () => {
  const { path, kill } = await madeByOther();
  makeBundleDirectory(stateDir).remove();
  expect(existsSync(join(path, "main.mjs"))).toBe(true);
  await kill();
  makeBundleDirectory(stateDir).remove();
  expect(readdirSync(stateDir)).toEqual([]);
});

test("what is just being made, and what is not of this kind, stays", () => {
  mkdirSync(join(stateDir, "bundle-abcdef"));
  mkdirSync(join(stateDir, "nats"));
  makeBundleDirectory(stateDir).remove();
  expect(readdirSync(stateDir)).toEqual(["bundle-abcdef", "nats"]);
});
