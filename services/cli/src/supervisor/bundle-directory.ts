import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const PREFIX = "bundle-";
/** A pipe that its maker has open as long as it lives: the kernel tells of it over all namespaces, as it would of no pid. */
const SIGN = "alive";
const CODE = "code";

/** Where one `up` has the code that its services run, which no other writes to. */
export interface BundleDirectory {
  readonly path: string;
  remove(): void;
}

/** A new one, root's alone. Those that dead ones left behind are removed. */
export function makeBundleDirectory(stateDir: string): BundleDirectory {
  for (const name of readdirSync(stateDir))
    if (name.startsWith(PREFIX) && isDead(join(stateDir, name))) remove(join(stateDir, name));
  const path = mkdtempSync(join(stateDir, PREFIX));
  const fd = showLife(path);
  return {
    path: join(path, CODE),
    remove: () => {
      remove(path);
      closeSync(fd);
    },
  };
}

/** It gets its name when it is open already: nobody finds it without its reader. */
function showLife(path: string): number {
  const draft = join(path, `${SIGN}.new`);
  try {
    execFileSync("mkfifo", ["-m", "600", draft], { stdio: "pipe" });
    const fd = openSync(draft, constants.O_RDONLY | constants.O_NONBLOCK);
    renameSync(draft, join(path, SIGN));
    return fd;
  } catch (error) {
    remove(path);
    throw error;
  }
}

/** fifo(7): to write to a pipe that nobody reads fails with ENXIO. One without a pipe is just being made. */
function isDead(path: string): boolean {
  try {
    closeSync(openSync(join(path, SIGN), constants.O_WRONLY | constants.O_NONBLOCK));
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENXIO";
  }
}

/** The sign goes last: what a kill leaves of it can still be told from a living one. */
function remove(path: string): void {
  rmSync(join(path, CODE), { recursive: true, force: true });
  rmSync(path, { recursive: true, force: true });
}
