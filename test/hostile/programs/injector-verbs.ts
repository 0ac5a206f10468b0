// What the injector does, by a process with the capabilities that it was started with. argv: -, -, pids of containers.
import { openUeventSender } from "@udevns/native";
import type { InjectWork } from "@udevns/protocol";
import { giveOrder } from "../../../services/devnode/test/support/builders.ts";
import { Senders } from "../../../services/injector/src/senders.ts";
import { targetFor } from "../support/workbench.ts";

const [, , ...pids] = process.argv.slice(2);
const outcomes: string[] = [];
const senders = new Senders(openUeventSender, () => undefined);
for (const pid of pids) {
  const audiences: InjectWork["audience"][] = [{ kind: "kernel" }, { kind: "udev", properties: {}, tags: [] }];
  for (const audience of audiences) {
    try {
      const container = targetFor({ name: `guest-${pid}`, pid: Number(pid) });
      const { uevent, v, id, host, boot, hops } = giveOrder("/devices/virtual/mem/zero");
      const work: InjectWork = { v, id, host, boot, hops, container, subsystem: "mem", uevent, audience };
      senders.reach(container);
      senders.send(work);
      outcomes.push("done");
    } catch (error) {
      outcomes.push(String(error));
    }
  }
}
console.log(JSON.stringify(outcomes));
process.exit(0);
