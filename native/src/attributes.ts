import { binding } from "./binding.ts";
import { nativeError } from "./errno.ts";

/**
 * Reads small files of one directory, as sysfs has them, in one call. Symlinks are followed.
 * @param names relative to it
 * @returns for each name what it holds; undefined where it is missing, cannot be read or is longer than `maxBytes`
 */
export function readAttributes(directory: string, names: readonly string[], maxBytes: number): (Buffer | undefined)[] {
  for (const path of [directory, ...names])
    if (path.includes("\0")) throw nativeError("EINVAL", "openat", JSON.stringify(path), "contains NUL");
  if (!Number.isInteger(maxBytes) || maxBytes < 0 || maxBytes > 1 << 24)
    throw nativeError("EINVAL", "read", directory, `maxBytes ${maxBytes}`);
  return binding.readAttributes(directory, names, maxBytes);
}
