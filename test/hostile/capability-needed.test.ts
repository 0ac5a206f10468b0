import { execFile } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Capability, capabilitiesOf } from "@udevns/service";
import { shell } from "../support/shell.ts";
import { cleanUp } from "../support/stack.ts";
import type { Throwaway } from "../support/throwaway.ts";
import { withCapabilities, without } from "./support/capabilities.ts";
import { startSpecial } from "./support/containers.ts";

// Each service's set is enough, and with one taken away something of its work fails.

const TOGETHER = 3;
let containers: Throwaway[];

beforeAll(async () => {
  // A directory that is not root's: DAC_OVERRIDE; a node that is not: CHOWN and FOWNER.
  const prepare = "mkdir /mnt/theirs; chown 5:5 /mnt/theirs";
  containers = [await startSpecial({ userns: false, prepare }), await startSpecial({ userns: true, prepare })];
});
afterAll(async () => {
  for (const container of containers ?? []) await container.stop();
});

let runs = 0;
async function outcomes(role: "devnode" | "injector", wrap: string[]): Promise<string[]> {
  // A name of its own for each run: what one without its rights leaves somewhere is not in the next one's way.
  const run = `${process.pid % 10_000}x${runs++}`;
  const link = `udvc${run}`;
  const program = fileURLToPath(new URL(`programs/${role}-verbs.ts`, import.meta.url));
  const pids = containers.map(({ pid }) => String(pid));
  // Without its rights it cannot clear up behind itself.
  const directory = mkdtempSync(join(tmpdir(), "udevns-capability-"));
  const [command = "", ...args] = [...wrap, process.execPath, "--import", "tsx", program, run, link, ...pids];
  await shell(`ip tuntap add dev ${link} mode tap`);
  const said = await new Promise<string>((resolve, reject) => {
    const env = { ...process.env, NODE_OPTIONS: "", TMPDIR: directory };
    execFile(command, args, { env, timeout: 60_000 }, (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
  });
  await cleanUp(directory);
  await shell(`ip link delete ${link} 2>/dev/null || true`);
  return JSON.parse(said) as string[];
}

describe.each(["devnode", "injector"] as const)("%s", (role) => {
  test("does its work with exactly its capabilities", async () => {
    expect(new Set(await outcomes(role, withCapabilities(capabilitiesOf[role])))).toEqual(new Set(["done"]));
  });

  test("does not do all of it without any of them", async () => {
    const left = [...capabilitiesOf[role]];
    const worked: Capability[] = [];
    const worker = async () => {
      for (let taken = left.pop(); taken !== undefined; taken = left.pop())
        if ((await outcomes(role, without(role, taken))).every((outcome) => outcome === "done")) worked.push(taken);
    };
    await Promise.all(Array.from({ length: TOGETHER }, worker));
    expect(worked).toEqual([]);
  });
});
