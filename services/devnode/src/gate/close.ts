import { openUeventModule, type Pidfd } from "@udevns/native";
import { closeByBpf, openByBpf } from "./bpf.ts";
import { NotClosed } from "./not-closed.ts";
import type { Closer } from "./plan.ts";

/** A network namespace: its inode, and a process that is in it while it lives. */
export interface GateTarget {
  readonly netns: string;
  /** Undefined once the container is gone. */
  readonly pidfd: Pidfd | undefined;
}

/** Keeps the host's events out; once more is no error. @throws NotClosed */
export async function closeGate(closer: Closer, { netns, pidfd }: GateTarget): Promise<void> {
  switch (closer) {
    case "bpf":
      return await closeByBpf(netns);
    case "module":
      try {
        return setModuleGate(pidfd, true);
      } catch (error) {
        throw new NotClosed(error, false);
      }
    default:
      return closer satisfies never;
  }
}

/** Lets them in again; where they come in already, it does nothing. @throws Error when it may still be closed */
export async function openGate(closer: Closer, { netns, pidfd }: GateTarget): Promise<void> {
  switch (closer) {
    case "bpf":
      // Also of one that is gone: the kernel gives its number to the next namespace.
      return await openByBpf(netns);
    case "module":
      // With the namespace its gate went by itself.
      if (pidfd !== undefined) setModuleGate(pidfd, false);
      return;
    default:
      return closer satisfies never;
  }
}

function setModuleGate(pidfd: Pidfd | undefined, closed: boolean): void {
  if (pidfd === undefined) throw new Error("the container is gone");
  const module = openUeventModule();
  try {
    if (!module.hasGate) throw new Error("udevns.ko is loaded without gate=1, or does not know this kernel");
    module.setGate(pidfd, closed);
  } finally {
    module.close();
  }
}
