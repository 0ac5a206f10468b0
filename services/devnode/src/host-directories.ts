import { type BigIntStats, statSync } from "node:fs";
import type { Identity } from "@udevns/native";

/**
 * What of the host's a container may see at a place where we make something: its /dev, and its udev database. Looked at through pid 1,
 * as this service may itself run in a container; a pid 1 with more rights than we have hides its root (ptrace(2)), and then we are
 * taken to run on the host itself.
 */
const statOfHost = (path: string): BigIntStats | undefined => stat(`/proc/1/root${path}`) ?? stat(path);

interface HostDirectories {
  /** st_dev of the host's /dev. */
  readonly dev: bigint;
  readonly udev: readonly Identity[];
}

/** They change when the host mounts another /dev or /run, if ever; a look costs a tenth of what a node does. */
const FRESH_MS = 1_500;
let known: (HostDirectories & { readonly at: number }) | undefined;

/** Looks now, so that nobody has to within the next second. */
export function lookAtHostDirectories(): HostDirectories {
  const dev = statOfHost("/dev");
  if (dev === undefined) throw new Error("the host has no /dev");
  known = { dev: dev.dev, udev: udevDirectories(), at: performance.now() };
  return known;
}

const fresh = (): HostDirectories =>
  known !== undefined && performance.now() - known.at < FRESH_MS ? known : lookAtHostDirectories();

export const hostDev = (): bigint => fresh().dev;

/** The directories of the host's udev database that there are. A /run of its own file system is all the host's. */
export const hostUdevDirectories = (): readonly Identity[] => fresh().udev;

function udevDirectories(): Identity[] {
  const run = statOfHost("/run");
  if (run !== undefined && run.dev !== statOfHost("/")?.dev) return [{ dev: run.dev, ino: 0n }];
  return ["/run", "/run/udev", "/run/udev/data", "/run/udev/tags"].flatMap((path) => {
    const seen = statOfHost(path);
    return seen === undefined ? [] : [{ dev: seen.dev, ino: seen.ino }];
  });
}

function stat(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true });
  } catch {
    return undefined;
  }
}
