import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { streamNames } from "@udevns/protocol";
import { type LoopRange, openLoops } from "../support/loop.ts";
import { type Stack, startStack } from "../support/stack.ts";
import { until } from "../support/until.ts";
import { type Guest, startGuest } from "./rig/guests.ts";

let loops: LoopRange;
let stack: Stack;
let guest: Guest;

beforeAll(async () => {
  loops = openLoops();
  stack = await startStack(
    `version: 1\nrules:\n  - { name: disks, match: { devname: "${loops.glob}" }, give: { container: udevless } }\n`,
    { env: { UDEVNS_RUNTIMES: "none", UDEVNS_RESTART_MS: "100" } },
  );
  guest = await startGuest("udevless");
  await stack.attach(guest.container);
});
afterAll(async () => {
  loops?.close();
  await guest?.stop();
  await stack?.stop();
});

/** The log to the injector takes no message more, or any again. */
async function limit(messages: number): Promise<void> {
  const { streams } = stack.bus.jsm;
  const name = streamNames.inject(stack.host);
  const { config } = await streams.info(name);
  const discard = (messages < 0 ? "old" : "new") as typeof config.discard;
  await streams.update(name, { ...config, max_msgs: messages, discard });
}

test("a container without a udevd is told by the next devnode what the last one had made and could not tell it", async () => {
  const first = loops.plug(1);
  await until(() => guest.heard(first.devpath).join() === "add", "the container to hear of the first");
  const { state } = await stack.bus.jsm.streams.info(streamNames.inject(stack.host));
  await limit(state.messages);
  const second = loops.plug(2);
  await until(() => existsSync(`/proc/${guest.container.pid}/root/dev/${second.name}`), "the node");
  const before = stack.status("devnode")?.pid;
  stack.kill("devnode");
  await until(() => stack.log().includes("devnode was ended by SIGKILL"), "devnode's end");
  await limit(-1);
  await stack.restarted("devnode", before);
  await until(() => guest.heard(second.devpath).length > 0, "the container to hear of the second");
  expect(guest.heard(second.devpath)).toEqual(["add"]);
});
