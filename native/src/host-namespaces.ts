import { NativeError } from "./error.ts";
import { type ProcessInfo, readProcess } from "./process.ts";

/**
 * The host's own namespaces: pid 1's, as this service may itself run in a container. A pid 1 with more rights than we have
 * hides them (ptrace(2), access mode checking); then we are taken to run on the host itself.
 */
export function hostNamespaces(): ProcessInfo["namespaces"] {
  try {
    return readProcess(1).namespaces;
  } catch (error) {
    if (error instanceof NativeError && (error.code === "EPERM" || error.code === "EACCES"))
      return readProcess(process.pid).namespaces;
    throw error;
  }
}
