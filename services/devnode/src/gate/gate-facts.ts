import { hostNamespaces, INITIAL_USER_NAMESPACE, netnsOwner, type Pidfd } from "@udevns/native";
import type { ContainerTarget } from "@udevns/protocol";
import type { GateFacts } from "./plan.ts";

export const gateFacts = ({ namespaces, userNamespaced }: ContainerTarget, pidfd: Pidfd): GateFacts => ({
  hasHostsNetwork: String(hostNamespaces().net) === namespaces.net,
  ownedByHost: netnsOwner(pidfd) === INITIAL_USER_NAMESPACE,
  userNamespaced,
});
