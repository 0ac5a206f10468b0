import { readFileSync, readlinkSync } from "node:fs";
import type { UeventMonitor } from "@udevns/native";

const TURN_MS = 2;
/** A storm that never ends shall not put off a scan for ever. */
const MAX_TURNS = 1_000;

/**
 * Resolves when nothing waits in the monitor's socket and all that it has read is handed in.
 * @param handedIn how many datagrams it has handed in so far
 */
export async function settled(monitor: UeventMonitor, handedIn: () => number): Promise<void> {
  const socket = readlinkSync(`/proc/self/fd/${monitor.fd}`).replace(/\D/g, "");
  for (let turn = 0; turn < MAX_TURNS; turn += 1) {
    // In this order: what leaves the socket after the first look is in the second.
    const waiting = unreadBytes(socket);
    const { received, queueDropped, truncated } = monitor.stats();
    if (waiting === 0 && handedIn() >= received - queueDropped - truncated) return;
    await new Promise((resolve) => setTimeout(resolve, TURN_MS));
  }
}

/** Column Rmem of the socket's line in /proc/net/netlink (netlink_seq_show, net/netlink/af_netlink.c). */
function unreadBytes(inode: string): number {
  const lines = readFileSync("/proc/self/net/netlink", "utf8").split("\n");
  const columns = lines.map((line) => line.trim().split(/\s+/)).find((line) => line.at(-1) === inode);
  return Number(columns?.[4] ?? 0);
}
