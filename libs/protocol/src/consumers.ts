import { token } from "./token.ts";

/** Names of the consumers on the server: fixed for each reader and host, so that permissions can name them. */
export const consumerNames = {
  policy: (host: string) => `policy-${token(host)}`,
  policyContainers: (replica: string) => `policy-containers-${token(replica)}`,
  policyClaims: (replica: string) => `policy-claims-${token(replica)}`,
  policyRules: (replica: string) => `policy-rules-${token(replica)}`,
  policyLeases: (replica: string) => `policy-leases-${token(replica)}`,
  policyHosts: (replica: string) => `policy-hosts-${token(replica)}`,
  capturePolicy: (host: string) => `capture-policy-${token(host)}`,
  devnode: (host: string) => `devnode-${token(host)}`,
  devnodeContainers: (host: string) => `devnode-containers-${token(host)}`,
  injector: (host: string) => `injector-${token(host)}`,
} as const;
