import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { call } from "@udevns/bus";
import { AttachReply, subjects } from "@udevns/protocol";
import { disksForOwner } from "../support/disks-for-owner.ts";
import { type Listener, listenIn } from "../support/listener.ts";
import { type LoneServices, startBusForServices } from "../support/lone-services.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

/** The wrong way round on purpose: each waits for what the others have not said yet. */
const ORDER = ["injector", "devnode", "policy", "inventory", "capture"] as const;

let directory: string;
let services: LoneServices;
let owner: Throwaway;
let ear: Listener;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "udevns-alone-"));
  const policy = join(directory, "policy.yaml");
  writeFileSync(policy, disksForOwner("zram*"));
  services = await startBusForServices({ UDEVNS_POLICY: policy });
  owner = await startThrowaway("owner", { userns: true });
  ear = listenIn(owner);
});
afterAll(async () => {
  ear?.close();
  await owner?.stop();
  await services?.stop();
  rmSync(directory, { recursive: true, force: true });
});

test("each service can be started alone, in any order, and ends with 0 on TERM", async () => {
  const running = [];
  for (const role of ORDER) running.push(await services.start(role));
  await call(
    services.bus,
    subjects.rpc(services.host, "attach"),
    { name: "owner", pid: owner.pid, labels: {} },
    AttachReply,
  );
  const zram = plugZram();
  try {
    await until(() => ear.actions(zram.devpath).join() === "add", "add");
  } finally {
    zram.unplug();
  }
  await until(() => ear.actions(zram.devpath).join() === "add,remove", "remove");
  expect(await Promise.all(running.map((service) => service.stop()))).toEqual([0, 0, 0, 0, 0]);
});

test("a second one of the same role and host is refused with 78", async () => {
  await services.start("policy");
  await expect(services.start("policy")).rejects.toThrow(/ended with 78[\s\S]*a policy for .* runs already/);
});
