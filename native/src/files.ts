import { binding } from "./binding.ts";
import { nativeError } from "./errno.ts";
import { attempt } from "./error.ts";

/** RESOLVE_* of openat2(2). */
const resolveBits = { noXdev: 0x01, noMagiclinks: 0x02, noSymlinks: 0x04, beneath: 0x08, inRoot: 0x10 } as const;
export type Resolve = keyof typeof resolveBits;

/** Open flags that node:fs does not name. */
export const openFlags = { path: 0o10000000, closeOnExec: 0o2000000 } as const;

/** openat2(2); `flags` as in fs.constants and openFlags, close-on-exec is always added. */
export function openat2(
  dirFd: number,
  path: string,
  flags: number,
  options: { resolve: readonly Resolve[]; mode?: number },
): number {
  checkText("openat2", path);
  const resolve = options.resolve.reduce((all, name) => all | resolveBits[name], 0);
  return attempt(() => binding.openat2(dirFd, path, flags, resolve, options.mode ?? 0));
}

export const closeFd = (fd: number): void => attempt(() => binding.closeFd(fd));

/** A tmpfs that may hold device nodes, in our own mount namespace. */
export function mountTmpfs(path: string, options: { mode: number; sizeBytes: number; inodes: number }): void {
  checkText("mount", path);
  const { mode, sizeBytes, inodes } = options;
  attempt(() => binding.mountTmpfs(path, `mode=${mode.toString(8)},size=${sizeBytes},nr_inodes=${inodes}`));
}

/** `detach`: also when busy (MNT_DETACH). A symlink is not followed. */
export function unmount(path: string, detach: boolean): void {
  checkText("umount2", path);
  attempt(() => binding.unmount(path, detach));
}

function checkText(call: string, path: string): void {
  if (path.includes("\0")) throw nativeError("EINVAL", call, JSON.stringify(path), "contains NUL");
}
