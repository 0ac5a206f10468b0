import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { openUeventSender } from "@udevns/native";
import { Senders } from "../../services/injector/src/senders.ts";
import { startSpecial } from "./support/containers.ts";
import { openWorkbench, targetFor, zeroAt } from "./support/workbench.ts";

// CVE-2016-8649 (LXC), CVE-2024-21626 (runc): a descriptor of the host's is left open in what runs for the container.

/** Numbers that a program which we start finds open: whoever started us may have left it some. */
const descriptorsOfAChild = () => execFileSync("ls", ["/proc/self/fd"], { encoding: "utf8" });

test("a program that is started while containers are held gets no descriptor of ours", async () => {
  const before = descriptorsOfAChild();
  const bench = openWorkbench();
  const senders = new Senders(openUeventSender, () => undefined);
  const container = await startSpecial({ userns: true });
  const journal = openSync("/proc/self/stat", "r");
  try {
    await bench.give(targetFor(container), zeroAt("ours"));
    senders.reach(targetFor(container));
    expect(descriptorsOfAChild()).toEqual(before);
  } finally {
    closeSync(journal);
    senders.closeAll();
    await container.stop();
    await bench.close();
  }
});

test("nor does a container's process see any of ours in its /proc", async () => {
  const bench = openWorkbench();
  const container = await startSpecial({ userns: true });
  try {
    await bench.give(targetFor(container), zeroAt("ours"));
    const look = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -c -e udevns -e pidfd";
    await container.run("mount -t proc proc /proc");
    expect((await container.run(look)).stdout.trim()).toBe("0");
  } finally {
    await container.stop();
    await bench.close();
  }
});
