import { readFileSync } from "node:fs";
import { parseListeners, type UeventListener } from "@udevns/uevent";

/** Who listens for uevents in the network namespace of a process. */
export const readListeners = (pid: number): UeventListener[] =>
  parseListeners(readFileSync(`/proc/${pid}/net/netlink`, "utf8"));
