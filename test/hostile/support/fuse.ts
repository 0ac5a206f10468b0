import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Throwaway } from "../../support/throwaway.ts";
import { inside } from "./containers.ts";

/** Mounts a file in a container whose file system never answers: whoever asks it anything waits for ever. @returns its end */
export async function mountSilentFile(container: Throwaway, path: string): Promise<() => void> {
  await inside(container, `: > ${path}`);
  const fuse = openSync("/dev/fuse", "r+");
  const options = "fd=3,rootmode=100000,user_id=0,group_id=0";
  execFileSync("nsenter", ["-t", String(container.pid), "-m", "mount", "-i", "-t", "fuse", "-o", options, "x", path], {
    stdio: ["ignore", "ignore", "inherit", fuse],
  });
  // The last descriptor of the server aborts the connection: every waiter goes on.
  return () => closeSync(fuse);
}
