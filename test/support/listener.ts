import { openPidfd, openUeventMonitor, type UeventGroup } from "@udevns/native";
import { type ParsedUevent, parseLibudevMessage, parseUevent } from "@udevns/uevent";
import type { Throwaway } from "./throwaway.ts";

export interface HeardEvent extends ParsedUevent {
  /** Sent by a process and not by the kernel itself: what udevns sends, as opposed to the kernel's broadcast. */
  readonly injected: boolean;
  readonly receivedAtNs: bigint;
}

/** What a container's udevd would hear in its network namespace, on the kernel's group; or its programs, on udev's. */
export interface Listener {
  readonly events: HeardEvent[];
  /** Actions that udevns sent of one device, in order. */
  actions(devpath: string): string[];
  close(): void;
}

export function listenIn(container: Pick<Throwaway, "pid">, group: UeventGroup = "kernel"): Listener {
  const parse = group === "kernel" ? parseUevent : parseUdevEvent;
  const pidfd = openPidfd(container.pid);
  const events: HeardEvent[] = [];
  const monitor = openUeventMonitor(
    { groups: [group], pidfd, receiveBufferBytes: 16 << 20 },
    {
      onEvents: (batch) => {
        for (const { payload, sender, receivedAtNs } of batch) {
          events.push({ ...parse(payload), injected: sender?.pid !== 0, receivedAtNs });
        }
      },
      onOverflow: (where) => {
        throw new Error(`the test's own listener lost events (${where})`);
      },
      onError: (error) => {
        throw error;
      },
    },
  );
  return {
    events,
    actions: (devpath) =>
      events.filter((event) => event.injected && event.devpath === devpath).map(({ action }) => action),
    close: () => {
      monitor.close();
      pidfd.close();
    },
  };
}

function parseUdevEvent(payload: Buffer): ParsedUevent {
  const { properties } = parseLibudevMessage(payload);
  const { ACTION: action = "", DEVPATH: devpath = "", SUBSYSTEM: subsystem = "", SEQNUM } = properties;
  return { action, devpath, subsystem, seqnum: Number(SEQNUM), properties };
}
