import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import type { Composed } from "../support/composed.ts";
import { ours } from "../support/composed.ts";
import { expectLoopbackAlone } from "../support/listening.ts";

const services = [...ours, "nats"] as const;
const uids: Partial<Record<(typeof services)[number], number>> = { nats: 65531, policy: 65532 };

const OF_PROCESSES = "/proc/[0-9]*/root/credentials /proc/[0-9]*/root/etc/nats/credentials";

/** Names every file with a secret that a container has from outside its image, or sees in `more`. */
const findSecrets = (more: string): string => `
mounts=$(awk '$3 !~ /^(proc|sysfs|cgroup2?)$/ && $2 !~ /^\\/($|(proc|sys|dev)(\\/|$))/ { print $2 }' /proc/mounts)
find $mounts ${more} -type f 2>/dev/null | xargs grep -lE 'SU[A-Z2-7]{56}|PRIVATE KEY' 2>/dev/null |
  sed 's|^/proc/[0-9]*/root||' | sort -u
`;

/** What a service that was taken over has at hand. */
export function leastPrivilege(composed: () => Composed): void {
  test.each(services)("%s's file system is read-only, and it has the user that it needs", async (service) => {
    const { HostConfig, State } = await composed().container(service).inspect();
    expect([HostConfig.ReadonlyRootfs, HostConfig.Privileged, HostConfig.CapDrop, HostConfig.Init]).toEqual([
      true,
      false,
      ["ALL"],
      true,
    ]);
    const status = readFileSync(`/proc/${State.Pid}/status`, "ascii");
    const uid = uids[service] ?? 0;
    expect(/^Uid:\t(.*)$/m.exec(status)?.[1]).toBe(Array(4).fill(uid).join("\t"));
    const caps = /^CapBnd:\t(.*)$/m.exec(status)?.[1];
    expect(Number(`0x${caps}`) === 0).toBe(HostConfig.CapAdd === null);
  });

  test.each(services)("%s finds its own key wherever it looks, and no other", async (service) => {
    const host = composed().project;
    const own = {
      keeper: [],
      nats: ["/etc/nats/credentials/server-key.pem"],
      policy: ["/credentials/policy.nk"],
    } as Readonly<Record<string, string[]>>;
    const { HostConfig } = await composed().container(service).inspect();
    // Who sees the host's processes is its root and sees theirs too (docs/security.md).
    const found = await composed().run(service, findSecrets(HostConfig.PidMode === "host" ? "" : OF_PROCESSES));
    expect(found.split("\n").filter(Boolean)).toEqual(own[service] ?? [`/credentials/${service}-${host}.nk`]);
  });

  test("nothing listens but on loopback", () => expectLoopbackAlone(composed()));
}
