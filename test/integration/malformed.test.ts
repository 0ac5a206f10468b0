import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { token } from "@udevns/protocol";
import { listenIn } from "../support/listener.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { startThrowaway, type Throwaway } from "../support/throwaway.ts";
import { until } from "../support/until.ts";
import { plugZram } from "../support/zram.ts";

let stack: Stack;
let container: Throwaway;

beforeAll(async () => {
  stack = await startStack(`version: 1
rules:
  - name: disks
    match: { subsystem: block, devname: "zram*" }
    give: { container: owner }
`);
  container = await startThrowaway("owner", { userns: true });
  await stack.attach(container);
});
afterAll(async () => {
  await container?.stop();
  await stack?.stop();
});

const bad = ["{broken", '{"v":1}', "[]", "", "\u0000\u00ff"];
const subjects = (host: string) => [
  `$KV.UDEVNS_CLAIMS.${token(host)}.x`,
  `$KV.UDEVNS_CONTAINERS.${token(host)}.x`,
  `$KV.UDEVNS_DEVICES.${token(host)}.x`,
  `$KV.UDEVNS_GRANTS.${token(host)}.x.y`,
  `udevns.v1.status.${token(host)}.capture`,
];

test("messages that are none of ours stop nothing, also not after a kill of whoever reads them at its start", async () => {
  for (const subject of subjects(stack.host)) for (const text of bad) stack.bus.nc.publish(subject, text);
  await stack.bus.nc.flush();
  for (const role of ["policy", "capture", "inventory", "devnode"] as const) await stack.kill(role);
  const listener = listenIn(container);
  const zram = plugZram();
  try {
    await until(() => listener.actions(zram.devpath).join() === "add", "the owner to hear add");
    await until(() => (stack.status("policy")?.counters.messages_dropped ?? 0) > 0, "the count of bad messages");
  } finally {
    zram.unplug();
    listener.close();
  }
  expect((await stack.command("containers")).code).toBe(0);
});
