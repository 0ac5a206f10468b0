import { openPidfd, openUeventMonitor } from "@udevns/native";
import { type ParsedUevent, parseUevent } from "@udevns/uevent";
import type { Throwaway } from "../support/throwaway.ts";

/** Half of net.core.rmem_default gives that much (socket(7)): what a listener in a user namespace is left with. */
const DEFAULT_BUFFER = 212_992 / 2;

/** A listener in a container as any program there has it, made to hear much: what was heard is read only afterwards. */
export interface Ear {
  /** Events heard that a process sent. */
  readonly count: number;
  /** Times that its buffer was full. */
  readonly overflows: number;
  /** When the last one was received, CLOCK_MONOTONIC. */
  readonly lastAtNs: bigint;
  events(): ParsedUevent[];
  clear(): void;
  close(): void;
}

export function listenAsProgram({ pid }: Pick<Throwaway, "pid">): Ear {
  const pidfd = openPidfd(pid);
  let payloads: Buffer[] = [];
  let overflows = 0;
  let lastAtNs = 0n;
  const monitor = openUeventMonitor(
    { groups: ["kernel"], pidfd, receiveBufferBytes: DEFAULT_BUFFER },
    {
      onEvents: (batch) => {
        for (const { payload, sender, receivedAtNs } of batch) {
          if (sender?.pid === 0) continue;
          payloads.push(payload);
          lastAtNs = receivedAtNs;
        }
      },
      onOverflow: (_, lost) => {
        overflows += lost;
      },
      onError: (error) => {
        throw error;
      },
    },
  );
  return {
    get count() {
      return payloads.length;
    },
    get overflows() {
      return overflows;
    },
    get lastAtNs() {
      return lastAtNs;
    },
    events: () => payloads.map((payload) => parseUevent(payload)),
    clear: () => {
      payloads = [];
      overflows = 0;
    },
    close: () => {
      monitor.close();
      pidfd.close();
    },
  };
}
