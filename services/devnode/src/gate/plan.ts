/** What can keep the host's events out of a network namespace that they go to, in the order in which they are tried (docs/kernel.md). */
export const closers = ["bpf", "module"] as const;
export type Closer = (typeof closers)[number];

/** What decides whether the host's events go to a container's network namespace. */
export interface GateFacts {
  readonly hasHostsNetwork: boolean;
  /** The kernel broadcasts to the namespaces that the initial user namespace owns, and to no other. */
  readonly ownedByHost: boolean;
  readonly userNamespaced: boolean;
}

export type GatePlan =
  /** They do not go there anyhow. */
  | { readonly kind: "needless"; readonly by: "userns" | "oci" }
  | { readonly kind: "close"; readonly by: readonly Closer[] }
  | { readonly kind: "impossible"; readonly why: string };

export function planGate({ hasHostsNetwork, ownedByHost, userNamespaced }: GateFacts): GatePlan {
  if (hasHostsNetwork) return { kind: "impossible", why: "it has the host's network, and hears what the host hears" };
  if (!ownedByHost) return { kind: "needless", by: userNamespaced ? "userns" : "oci" };
  return { kind: "close", by: closers };
}
