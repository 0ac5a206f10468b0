import { INITIAL_USER_NAMESPACE, NativeError, netnsOwner, type Pidfd, readProcess } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import type { GateFacts } from "./plan.ts";

export const gateFacts = ({ namespaces, userNamespaced }: ContainerTarget, pidfd: Pidfd): GateFacts => ({
  hasHostsNetwork: String(hostsNetwork()) === namespaces.net,
  ownedByHost: netnsOwner(pidfd) === INITIAL_USER_NAMESPACE,
  userNamespaced,
});

/** Pid 1's, as this service may itself run in a container; one with more rights than we have hides it (ptrace(2)). */
function hostsNetwork(): bigint {
  try {
    return readProcess(1).namespaces.net;
  } catch (error) {
    if (error instanceof NativeError && (error.code === "EPERM" || error.code === "EACCES"))
      return readProcess(process.pid).namespaces.net;
    throw error;
  }
}
