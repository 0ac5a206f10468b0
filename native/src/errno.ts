import { constants } from "node:os";
import { NativeError } from "./error.ts";

type Code = "EAFNOSUPPORT" | "EBADF" | "EINVAL" | "EMSGSIZE" | "ENOENT" | "ESRCH" | "ETIMEDOUT" | "EACCES" | "EPERM";

/** A failure found before any system call, or by Node on our behalf, in the same clothes as the others. */
export function nativeError(code: Code, syscall: string, target: string, reason: string): NativeError {
  return new NativeError(`${syscall} ${target}: ${reason}`, { code, errno: constants.errno[code], syscall, target });
}
