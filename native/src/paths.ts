import { nativeError } from "./errno.ts";
import type { Operation } from "./operations.ts";

const isPlain = (component: string): boolean =>
  component !== "" && component !== "." && component !== ".." && !component.includes("\0");

/** EINVAL unless every component is a plain name; C++ checks the same again. */
export function checkPath(path: string): void {
  if (!path.split("/").every(isPlain))
    throw nativeError("EINVAL", "path", JSON.stringify(path), "expected plain components below the root");
}

const isSize = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 2 ** 30;
/** What C++ takes as it is; any other number would be another there. */
export const isUint32 = (value: number): boolean => Number.isInteger(value) && value >= 0 && value < 2 ** 32;

/** What would otherwise be cut or wrapped on its way into C++. */
export function checkOperation(operation: Operation): void {
  checkPath(operation.path);
  for (const field of [
    "mode",
    "uid",
    "gid",
    "major",
    "minor",
    "directoryFd",
    "pidfd",
    "fd",
    "mnt",
    "pidNamespace",
  ] as const)
    if (field in operation) check(isUint32, field, operation);
  for (const field of ["maxBytes", "maxEntries"] as const) if (field in operation) check(isSize, field, operation);
  if (operation.op === "bind") checkPath(operation.source);
  if (operation.op === "symlink" && (operation.to === "" || operation.to.includes("\0")))
    throw nativeError("EINVAL", "symlink", operation.path, "`to` must be text without NUL");
}

function check(isValid: (value: number) => boolean, field: string, operation: Operation): void {
  const value = (operation as unknown as Record<string, number>)[field]!;
  if (!isValid(value)) throw nativeError("EINVAL", operation.op, operation.path, `${field} is ${value}`);
}
