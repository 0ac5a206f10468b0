import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";

/** Directory on a tmpfs for a host's services; devnode leaves its mount there on purpose, so closing unmounts it. */
export function makeRunDir(name: string): { path: string; close(): void } {
  const path = `/run/udevns-${name}`;
  mkdirSync(path, { recursive: true });
  return {
    path,
    close: () => {
      const mounts = readFileSync("/proc/self/mounts", "utf8").split("\n");
      for (const mount of mounts.map((line) => line.split(" ")[1] ?? "").filter((at) => at.startsWith(`${path}/`)))
        spawnSync("umount", ["-l", mount]);
      rmSync(path, { recursive: true, force: true });
    },
  };
}
