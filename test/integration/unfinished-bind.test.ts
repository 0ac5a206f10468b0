import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { openPidfd, type Pidfd, readProcess } from "@udevns/native";
import type { HeldContainer } from "../../services/devnode/src/containers.ts";
import { removeTraces } from "../../services/devnode/src/unfinished.ts";
import { targetFor } from "../hostile/support/workbench.ts";
import { ROOT_ID, startThrowaway, type Throwaway } from "../support/throwaway.ts";

let container: Throwaway;
let pidfd: Pidfd;
let held: HeldContainer;

beforeAll(async () => {
  container = await startThrowaway("killed-in-a-bind", { userns: true });
  pidfd = openPidfd(container.pid);
  const process = readProcess(container.pid);
  const confine = { uids: process.uidMap, gids: process.gidMap, avoid: [] };
  held = { process, target: { pidfd, rootUid: ROOT_ID, rootGid: ROOT_ID, confine } };
});
afterAll(async () => {
  pidfd?.close();
  await container?.stop();
});

/** What is left of a file in a node's place when an order begins again that was cut off. */
async function leftOf(make: string): Promise<string> {
  await container.run(make);
  await removeTraces(targetFor(container), held, { device: 0n }, [{ kind: "bind", path: "dev/sda", source: "none" }]);
  const { stdout } = await container.run("cd /dev; ls sda 2>/dev/null; rm -f sda");
  return stdout.trim();
}

test("the empty file of a bind that was cut off before its mount goes", async () => {
  expect(await leftOf("umask 777; : > /dev/sda")).toBe("");
});

test.each(["echo precious > /dev/sda; chmod 0 /dev/sda", ": > /dev/sda", "mkfifo -m 0 /dev/sda"])(
  "a file that is no such one stays: %s",
  async (make) => {
    expect(await leftOf(make)).toBe("sda");
  },
);
