// A container ends and another process gets its number. What do our services do that still have it in an order?
import { execFileSync } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { executeIn, openPidfd, openUeventSender } from "@udevns/native";
import { type HeldContainer, HeldContainers } from "../../../services/devnode/src/containers.ts";
import { moveOut } from "../../../services/devnode/src/link.ts";
import { Senders } from "../../../services/injector/src/senders.ts";
import { startThrowaway, type Throwaway } from "../../support/throwaway.ts";
import { targetFor } from "../support/workbench.ts";

/** Starts a container whose first process has exactly this number: the kernel gives the one behind ns_last_pid. */
async function startAs(pid: number): Promise<Throwaway> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    // unshare(1) and its shell come first.
    for (const before of [2, 1, 3]) {
      writeFileSync("/proc/sys/kernel/ns_last_pid", String(pid - before));
      const container = await startThrowaway("successor", { userns: false });
      if (container.pid === pid) return container;
      await container.stop();
    }
  }
  throw new Error(`no process got number ${pid}`);
}

const codeOf = async (run: () => unknown): Promise<string> => {
  try {
    await run();
    return "done";
  } catch (error) {
    return String((error as { code?: unknown }).code ?? error);
  }
};

const first = await startThrowaway("first", { userns: false });
const order = targetFor(first);
const pidfd = openPidfd(first.pid);
await first.stop();
const second = await startAs(order.pid);

execFileSync("nsenter", ["-t", String(second.pid), "-n", "ip", "tuntap", "add", "dev", "udvt0", "mode", "tap"]);
const link = { index: 2, name: "udvt0" };
const stale = { target: { pidfd, rootUid: 0, rootGid: 0 } } as HeldContainer;
const held = new HeldContainers(() => undefined);
const senders = new Senders(openUeventSender, () => undefined);
const mkdir = { op: "mkdir", path: "dev/made", mode: 0o755, uid: 0, gid: 0 } as const;
const answers = {
  hold: await codeOf(() => held.hold(order)),
  inject: await codeOf(() => senders.reach(order)),
  execute: await codeOf(() => executeIn({ pidfd, rootUid: 0, rootGid: 0 }, [mkdir])),
  link: await codeOf(() => moveOut(order, stale, "/devices/virtual/net/udvt0", { link, from: "moved" })),
  made: readdirSync(`/proc/${second.pid}/root/dev`).includes("made"),
};
console.log(JSON.stringify(answers));
await second.stop();
process.exit(0);
