import { expect, test } from "@jest/globals";
import { planGate } from "../src/gate/plan.ts";

const docker = { hasHostsNetwork: false, ownedByHost: true, userNamespaced: false };

test.each([
  ["Docker's default", docker, { kind: "close", by: ["bpf", "module"] }],
  ["unprivileged LXC", { ...docker, ownedByHost: false, userNamespaced: true }, { kind: "needless", by: "userns" }],
  ["udevns-oci", { ...docker, ownedByHost: false }, { kind: "needless", by: "oci" }],
  // It is the network's owner that counts, not the process's user namespace.
  [
    "userns joined to a host-owned network",
    { ...docker, userNamespaced: true },
    { kind: "close", by: ["bpf", "module"] },
  ],
  [
    "--network host",
    { ...docker, hasHostsNetwork: true },
    { kind: "impossible", why: expect.stringContaining("host's network") },
  ],
] as const)("%s", (_, facts, plan) => {
  expect(planGate(facts)).toEqual(plan);
});
