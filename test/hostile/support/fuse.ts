import { execFileSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Throwaway } from "../../support/throwaway.ts";
import { inside } from "./containers.ts";

/** Mounts a file in a container whose file system never answers: whoever asks it anything waits for ever. @returns its end */
export const mountSilentFile = (container: Throwaway, path: string): Promise<() => void> =>
  mountSilent(container, path, `: > ${path}`, "100000");

/** The same with a directory, in which nothing can be looked for. */
export const mountSilentDirectory = (container: Throwaway, path: string): Promise<() => void> =>
  mountSilent(container, path, `mkdir ${path}`, "40000");

async function mountSilent(container: Throwaway, path: string, make: string, mode: string): Promise<() => void> {
  await inside(container, make);
  const fuse = openSync("/dev/fuse", "r+");
  const options = `fd=3,rootmode=${mode},user_id=0,group_id=0`;
  execFileSync("nsenter", ["-t", String(container.pid), "-m", "mount", "-i", "-t", "fuse", "-o", options, "x", path], {
    stdio: ["ignore", "ignore", "inherit", fuse],
  });
  // The last descriptor of the server aborts the connection: every waiter goes on.
  return () => closeSync(fuse);
}
