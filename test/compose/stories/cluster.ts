import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { plugZram, type Zram } from "../../support/zram.ts";
import { type Composed, composeHost, type Images, ours } from "../support/composed.ts";
import { expectLoopbackAlone } from "../support/listening.ts";
import { Owner } from "../support/owner.ts";

const servers = ["nats", "nats-2", "nats-3"] as const;

/** The profile `cluster`: any one of three nats-servers may go. */
export function cluster(images: () => Images): void {
  let composed: Composed;
  let owner: Owner;
  let disk: Zram;

  beforeAll(async () => {
    composed = composeHost(images(), ["--env-file", "infra/compose/cluster.env"]);
    disk = plugZram();
    composed.cleanUps.add(() => disk.unplug());
    composed.writePolicy(
      `version: 1\nrules:\n  - name: disk\n    match: { devname: ${disk.name} }\n    give: { container: guest }\n`,
    );
    composed.up();
    for (const service of [...servers, ...ours]) await composed.healthy(service);
    owner = await Owner.start(images().dockerd, "guest", composed.cleanUps);
  }, 240_000);
  afterAll(() => composed?.stop());

  test("every stream is on all three servers", () => {
    const provision = ["provision", "--replicas", "3", "--dry-run", "--json"];
    const steps = JSON.parse(composed.udevns(...provision)) as { action: string }[];
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.filter(({ action }) => action !== "keep")).toEqual([]);
  });

  test.each(servers)(
    "%s is away, and what the kernel says meanwhile is heard",
    async (server) => {
      composed.compose("stop", "--timeout", "2", server);
      const number = owner.poke(disk);
      await composed.eventually(() => owner.heard(disk).includes(number), `event ${number} in the container`);
      composed.compose("start", server);
      await composed.healthy(server);
    },
    150_000,
  );

  test("nothing listens but on loopback", () => expectLoopbackAlone(composed));

  test("nothing was lost or heard twice through all of that", () => {
    expect(owner.heard(disk)).toEqual(owner.poked);
  });
}
