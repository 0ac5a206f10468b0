import { afterAll, expect, test } from "@jest/globals";
import { hostNamespaces, openUeventSender, readProcess } from "@udevns/native";
import { type ContainerTarget, targetOf } from "@udevns/protocol";
import { Senders } from "../../services/injector/src/senders.ts";
import { recognise } from "../../services/inventory/src/recognise.ts";
import { openWorkbench, zeroAt } from "./support/workbench.ts";

// Whoever can write orders (policy's key was stolen) names a process of the host as the container.

const bench = openWorkbench();
afterAll(() => bench.close());

function hostAsContainer(pid: number): ContainerTarget {
  const elsewhere = Object.fromEntries(Object.keys(hostNamespaces()).map((kind) => [kind, 0n]));
  const about = { name: "host", host: "lab", boot: "b0", runtime: "process" as const, labels: {}, since: new Date() };
  return targetOf(recognise(readProcess(pid), elsewhere as ReturnType<typeof hostNamespaces>, about));
}

test.each([process.pid, process.ppid])(
  "an order about process %i of the host is refused by devnode and injector",
  async (pid) => {
    const target = hostAsContainer(pid);
    expect(await bench.give(target, zeroAt("ours"))).toBe("UDEVNS_E_PID_HOST");
    const senders = new Senders(openUeventSender, () => undefined);
    expect(() => senders.reach(target)).toThrow(expect.objectContaining({ code: "UDEVNS_E_PID_HOST" }));
  },
);
