import { token } from "./token.ts";

/** Names of the consumers on the server: fixed for each reader and host, so that permissions can name them. */
export const consumerNames = {
  policy: (host: string) => `policy-${token(host)}`,
  policyLoad: (host: string) => `policy-load-${token(host)}`,
  policyContainers: (host: string) => `policy-containers-${token(host)}`,
  policyClaims: (host: string) => `policy-claims-${token(host)}`,
  policyRules: (replica: string) => `policy-rules-${token(replica)}`,
  policyLeases: (replica: string) => `policy-leases-${token(replica)}`,
  policyHosts: (replica: string) => `policy-hosts-${token(replica)}`,
  capturePolicy: (host: string) => `capture-policy-${token(host)}`,
  devnode: (host: string) => `devnode-${token(host)}`,
  devnodeContainers: (host: string) => `devnode-containers-${token(host)}`,
  injector: (host: string) => `injector-${token(host)}`,
} as const;
