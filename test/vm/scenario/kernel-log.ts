import type { Rig } from "../driver/rig.ts";

const trouble =
  /WARN|BUG|Oops|leak|refcount|unable to handle|Call Trace|RIP:|INFO: task|stack-protector|list_(add|del) corruption/;

/** Lines of the guest's kernel log that no correct module causes. */
export async function kernelTrouble(rig: Rig): Promise<string[]> {
  const log = await rig.sh("dmesg");
  return log.split("\n").filter((line) => trouble.test(line));
}
